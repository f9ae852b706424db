/** One twin: built, proven against the kernel, and only then linked for the timing. */
import { sha256OfFile } from '../build/cache.js';
import { linkVariants } from '../build/harness.js';
import type { BenchmarkPlan } from '../domain/plan.js';
import type { Twin } from '../domain/record.js';
import { KfaasError, type Failure } from '../errors.js';
import { Errno } from '../load/libbpf.js';
import { buildTwin, type TwinBuilder } from '../twin/build.js';
import { nativeBuilder } from '../twin/native.js';
import { loadTwinned, readAllElements } from '../twin/object.js';
import { proveBuilt, unsupportedType, type TwinProof } from '../twin/proof.js';
import type { ProofInput } from '../twin/verdict.js';
import type { Code, Site } from './site.js';
import type { NoUserSide, UserBuild } from './user-build.js';

export type TwinKind = Twin['kind'];

export interface TwinRequest {
  readonly site: Site;
  readonly plan: BenchmarkPlan;
  readonly code: Code;
}

/** The native twin is made of the source, which an object does not have. */
function builderOf({ plan, code }: TwinRequest, kind: TwinKind): TwinBuilder {
  if (kind === 'translated') return buildTwin;
  return nativeBuilder({ tree: code.tree, source: code.file, cflags: plan.cflags });
}

export interface NotProven extends NoUserSide {
  /** Present where it was built and is not what the kernel runs. */
  readonly differs?: Failure;
}

/** Throws what is no answer about the program: the machine's failures, and defects. */
export async function provenTwin(request: TwinRequest, kind: TwinKind): Promise<UserBuild | NotProven> {
  const { site, plan, code } = request;
  const build = builderOf(request, kind);
  const { libbpf, workshop, twins } = site;
  const inputs = plan.inputs.map(({ name, hex }): ProofInput => ({ name, bytes: Buffer.from(hex, 'hex') }));
  const object = loadTwinned(libbpf, code.object, code.program, code.filling);
  try {
    const unsupported = unsupportedType(object);
    if (unsupported?.kind === 'unsupported') return { missing: reasonOf(unsupported.what) };
    const initial = readAllElements(libbpf, object, twins.cpu);
    const settled = await build(twins, object, initial, {});
    const proof = libbpf.onCpu(twins.cpu, () => proveBuilt(twins, object, initial, settled, inputs));
    const { verdict } = proof;
    if (verdict.kind === 'unsupported') return { missing: reasonOf(verdict.what) };
    if (verdict.kind === 'differs') return differing(code.program, kind, verdict);
    const timed = await build(twins, object, initial, { chance: true });
    return {
      sha256: sha256OfFile(timed.object),
      libraries: await linkVariants(workshop, timed.object, code.program),
      twin: twinOf(kind, proof),
    };
  } catch (error) {
    const missing = whyNotBuilt(error);
    if (missing === undefined) throw error;
    return { missing };
  } finally {
    object.close();
  }
}

function reasonOf(what: string): string {
  return `its twin is unsupported: ${what}`;
}

function twinOf(kind: TwinKind, { verdict, replacedHelpers, notCompared }: TwinProof): Twin {
  return {
    kind,
    isShallow: verdict.kind === 'equal but shallow',
    replacedHelpers: [...replacedHelpers],
    notCompared: [...notCompared],
  };
}

/** What does not compile or link, and what the kernel does not run on its inputs, are answers. */
function whyNotBuilt(error: unknown): string | undefined {
  if (error instanceof Errno) return `the kernel does not run it on its inputs (${error.code})`;
  if (!(error instanceof KfaasError)) return undefined;
  const { kind, message } = error.failure;
  return kind === 'build' || kind === 'internal' ? message : undefined;
}

/** Of a packet, this many bytes are in the message, and all of them in the detail. */
const SHOWN_BYTES = 64;

function differing(
  program: string,
  kind: TwinKind,
  { difference, input }: Extract<TwinProof['verdict'], { kind: 'differs' }>,
): NotProven {
  const hex = input?.bytes.toString('hex') ?? '';
  const shown = hex.length > 2 * SHOWN_BYTES ? `${hex.slice(0, 2 * SHOWN_BYTES)}…` : hex;
  const where = input === undefined ? 'after all inputs' : `on input ${input.name}`;
  const packet = input === undefined ? '' : ` (packet ${shown})`;
  return {
    missing: `its ${kind} twin differs ${where}: ${difference}`,
    differs: {
      kind: 'proof',
      message: `${program}: its ${kind} twin differs from the kernel ${where}: ${difference}${packet}`,
      remedy: remedies[kind],
      ...(input === undefined ? {} : { detail: `packet of input ${input.name}:\n${hex}` }),
    },
  };
}

const remedies: { readonly [K in TwinKind]: string } = {
  native:
    'look for #ifdef, uninitialised memory and undefined behaviour; `twin: translated` takes what the kernel loads, `twin: none` the kernel alone',
  translated: 'give `twin: none` to measure the kernel alone, and please report it with the object',
};
