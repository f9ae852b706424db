/** What a benchmark has in user space: its C source compiled for it, else a twin that was proven, else nothing, and why. */
import { sha256OfFile } from '../build/cache.js';
import { compileForUserSpace } from '../build/compile.js';
import { linkVariants } from '../build/harness.js';
import { nativeFileInTree } from '../build/native-file.js';
import type { BenchmarkPlan } from '../domain/plan.js';
import { failureOf, KfaasError } from '../errors.js';
import { programTypeOf } from '../load/program-types.js';
import { loadTwinned, type TwinnedProgram } from '../twin/object.js';
import { clauseOf, isNeverRun, needsUserSide, whyNoUserSide, whyNotPlain } from './extent.js';
import type { Code, Site } from './site.js';
import { provenTwin, type NotProven, type TwinKind } from './twins.js';
import type { NoUserSide, UserBuild } from './user-build.js';

/** `plain`: the C source, where it calls nothing of the kernel's. */
export type UserKind = 'plain' | TwinKind;

export function kindOf(user: UserBuild | NoUserSide): UserKind | undefined {
  return 'missing' in user ? undefined : (user.twin?.kind ?? 'plain');
}

/** In the order in which they are tried. */
function kindsToTry({ twin, object }: BenchmarkPlan): UserKind[] {
  const fromSource: UserKind[] =
    object === undefined ? ['plain', 'native'] : object.native === undefined ? [] : ['plain'];
  switch (twin) {
    case 'none':
      return [];
    case 'translated':
      return ['translated'];
    case 'native':
      return fromSource;
    default:
      return [...fromSource, 'translated'];
  }
}

/**
 * Throws a KfaasError of kind proof where the last twin to be tried is not what the kernel runs, of kind build where a limit asks for
 * a user-space side and there is none.
 */
export async function userSideOf(
  site: Site,
  plan: BenchmarkPlan,
  code: Code,
  kinds = kindsToTry(plan),
): Promise<UserBuild | NoUserSide> {
  if (plan.twin === 'none') return { missing: '`twin: none` asks for no more' };
  const program = loadedOnce(site, code);
  const type = program && programTypeOf(program.type);
  if (program === undefined || type === undefined || isNeverRun(plan, type)) return { missing: 'it is not run' };
  const tried: Tried[] = [];
  for (const kind of kinds) {
    const made = await attempt(site, plan, code, kind, program);
    if ('missing' in made) tried.push({ ...made, kind });
    else return withBeside(site, plan, code, { ...made, ...withReason(made, tried) });
  }
  return none(plan, code, tried);
}

interface Tried extends NotProven {
  readonly kind: UserKind;
}

/** The program as it is loaded; undefined where the kernel refuses it, which its load will tell. */
function loadedOnce({ libbpf }: Site, { object, program }: Code): TwinnedProgram | undefined {
  try {
    const loaded = loadTwinned(libbpf, object, program);
    loaded.close();
    return loaded.programs[0];
  } catch {
    return undefined;
  }
}

async function attempt(
  site: Site,
  plan: BenchmarkPlan,
  code: Code,
  kind: UserKind,
  program: TwinnedProgram,
): Promise<UserBuild | NotProven> {
  if (kind === 'plain') return plainSide(site, plan, code, program);
  const missing = whyNoUserSide(program.type);
  return missing === undefined ? provenTwin({ site, plan, code }, kind) : { missing };
}

async function plainSide(
  site: Site,
  plan: BenchmarkPlan,
  code: Code,
  loaded: TwinnedProgram,
): Promise<UserBuild | NoUserSide> {
  const { file, program } = code;
  const missing = whyNotPlain(loaded, site.helperNames);
  if (missing !== undefined) {
    if (plan.object !== undefined && plan.every === undefined) throw needlessNative(plan, program, missing);
    return { missing };
  }
  try {
    const { native, nativeSha256 } = await nativeOf(site, plan, code);
    return { sha256: nativeSha256, libraries: await linkVariants(site.workshop, native, program) };
  } catch (error) {
    const failure = failureOf(error);
    // What was named is wanted; that a base has none yet is no fault of head's.
    const isNamed = plan.object !== undefined && plan.every === undefined && code.revision === 'head';
    if (failure.kind !== 'build' || isNamed) throw error;
    return { missing: clauseOf(failure, failure.message.startsWith(file) ? file : program) };
  }
}

/** From the source, or as the project compiled it itself. Throws a KfaasError of kind build. */
async function nativeOf(
  { workshop, trees }: Site,
  plan: BenchmarkPlan,
  { tree, file, revision }: Code,
): Promise<{ native: string; nativeSha256: string }> {
  const { native, baseNative } = plan.object ?? {};
  if (native === undefined) return compileForUserSpace(workshop, { tree, source: file, cflags: plan.cflags });
  const ofBase = revision === 'head' ? undefined : baseNative;
  const path = nativeFileInTree(ofBase === undefined ? tree : trees.head, ofBase ?? native);
  return { native: path, nativeSha256: sha256OfFile(path) };
}

function needlessNative({ object }: BenchmarkPlan, program: string, missing: string): KfaasError {
  return new KfaasError({
    kind: 'build',
    message: `native ${object?.native ?? ''} cannot stand beside ${program}: ${missing}`,
    remedy: 'remove `native`: the program is translated for user space then',
  });
}

/** Why a twin is not the native one, where that was tried. */
function withReason({ twin }: UserBuild, tried: readonly Tried[]): Pick<UserBuild, 'twin'> {
  const notNative = tried.findLast(({ kind }) => kind === 'native')?.missing;
  return twin === undefined ? {} : { twin: { ...twin, ...(notNative !== undefined && { notNative }) } };
}

async function withBeside(site: Site, plan: BenchmarkPlan, code: Code, user: UserBuild): Promise<UserBuild> {
  if (plan.twin !== 'both' || kindOf(user) === 'translated' || code.revision !== 'head') return user;
  return { ...user, beside: await provenTwin({ site, plan, code }, 'translated') };
}

/** Where nothing is held against the user-space side, the kernel alone can be measured. */
function none(plan: BenchmarkPlan, { program }: Code, tried: readonly Tried[]): NoUserSide {
  const last = tried.at(-1);
  const missing = last?.missing ?? 'there is no source that could be compiled for user space';
  if (plan.every !== undefined) return { missing };
  if (last?.differs !== undefined) throw new KfaasError(last.differs);
  if (plan.object !== undefined || !needsUserSide(plan)) return { missing };
  throw new KfaasError({
    kind: 'build',
    message: `${program} cannot run in user space: ${missing}`,
    remedy: 'remove `threshold` and `max-speedup-loss`, and the kernel side is measured alone',
    location: { file: plan.source },
  });
}
