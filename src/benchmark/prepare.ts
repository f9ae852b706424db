/** One revision of a benchmark, loaded and proved as far as it can be. */
import type { BenchmarkPlan } from '../domain/plan.js';
import type { BuiltProgram, Extent } from '../domain/record.js';
import { revisions } from '../domain/words.js';
import { failureOf, KfaasError, type Failure } from '../errors.js';
import { isRunnable, loadProgram, type LoadedProgram, type RunnableProgram } from '../load/object.js';
import { isRepeated } from '../load/run-inputs.js';
import type { ProvedInput } from '../prove/input.js';
import { testRunRefusal } from '../prove/kernel-run.js';
import { prove, type Replay } from '../prove/prove.js';
import type { Bench } from './bench.js';
import { loadRequest, type Build } from './builds.js';
import { clauseOf, whyNotRunnable } from './extent.js';
import { timedInputs } from './inputs.js';
import { fillRings } from './rings.js';
import type { UserBuild } from './user-build.js';

/** A revision that was loaded, and what of it can be measured. */
export interface Prepared {
  readonly build: Build;
  readonly loaded: LoadedProgram;
  readonly record: BuiltProgram;
  /** Absent where both sides are. */
  readonly extent?: Extent;
  /** What is run and timed; absent where only the figures of the load are told. */
  readonly run?: Proved;
}

export interface Proved {
  readonly loaded: RunnableProgram;
  readonly inputs: readonly ProvedInput[];
  /** Absent where only the kernel runs it. */
  readonly user?: UserBuild;
  readonly replay?: Replay;
}

/** Throws a KfaasError; what `keep` was given stays loaded until its owner unloads it. */
export function loadRevision(
  bench: Bench,
  plan: BenchmarkPlan,
  build: Build,
  keep: (program: LoadedProgram) => void,
): LoadedProgram {
  const loaded = loadProgram(bench.libbpf, loadRequest(bench.job, plan, build));
  keep(loaded);
  return loaded;
}

/**
 * Proves both sides, or the kernel alone where there is no user-space side. What was discovered and cannot be proved is measured as
 * far as it can be; what was asked for by name throws a KfaasError.
 */
export function prepareHead(bench: Bench, plan: BenchmarkPlan, build: Build, loaded: LoadedProgram): Prepared {
  const figures = (reason: string): Prepared => figuresOf(build, loaded, reason);
  const unrunnable = whyNotRunnable(plan, loaded) ?? refusalOfGenericInputs(bench, plan, loaded);
  if (unrunnable !== undefined || !isRunnable(loaded)) return figures(unrunnable ?? '');
  const missing = whyNoUserSide(build);
  const attempts = missing === undefined ? [userOf(build), undefined] : [undefined];
  let reason = missing ?? '';
  for (const user of attempts) {
    try {
      const proved = proveRevision(bench, plan, build, loaded, user);
      return user === undefined ? { ...proved, extent: { covers: 'kernel', reason } } : proved;
    } catch (error) {
      if (!plan.every) throw error;
      reason = clauseOf(aboutTheProgram(error), loaded.name);
    }
  }
  return figures(reason);
}

/** As head is measured; its user-space side only where head's is, and where it has one or needs one. Throws a KfaasError. */
export function prepareBase(
  bench: Bench,
  plan: BenchmarkPlan,
  build: Build,
  loaded: LoadedProgram,
  head: Prepared,
): Prepared {
  requireSameType(loaded, head.loaded);
  if (head.run === undefined || !isRunnable(loaded)) return figuresOf(build, loaded, head.extent?.reason ?? '');
  const missing = head.extent?.reason ?? whyNoUserSide(build);
  if (missing !== undefined && head.extent === undefined && plan.limits.maxSpeedupLossPercent !== undefined) {
    throw new KfaasError({
      kind: 'build',
      message: `${loaded.name} of the base has no user-space side: ${missing}`,
      remedy: 'nothing needs to be done: the next change is held against this one',
    });
  }
  return proveRevision(bench, plan, build, loaded, missing === undefined ? userOf(build) : undefined);
}

function requireSameType(base: LoadedProgram, head: LoadedProgram): void {
  if (base.type === head.type) return;
  throw new KfaasError({
    kind: 'usage',
    message: `${head.name} is of type ${head.type} and was of type ${base.type} in the base, which cannot be compared`,
    remedy: 'nothing needs to be done: the next change is held against this one',
  });
}

export function figuresOf(build: Build, loaded: LoadedProgram, reason: string): Prepared {
  return { build, loaded, record: builtProgram(build, loaded), extent: { covers: 'figures', reason } };
}

function builtProgram({ revision, objectSha256, seeds }: Build, { name, type, info }: LoadedProgram): BuiltProgram {
  const seededMaps = seeds?.map(({ map, elements }) => ({ map, keys: elements.length }));
  return { revision, program: name, type, tag: info.tag, objectSha256, ...(seededMaps && { seededMaps }) };
}

function whyNoUserSide({ user }: Build): string | undefined {
  return 'missing' in user ? user.missing : undefined;
}

function userOf({ user }: Build): UserBuild | undefined {
  return 'missing' in user ? undefined : user;
}

/** Generic packets suit no type in particular, so that the kernel does not run them says nothing against the program. */
function refusalOfGenericInputs({ libbpf }: Bench, plan: BenchmarkPlan, loaded: LoadedProgram): string | undefined {
  if (!plan.genericInputs || !isRunnable(loaded) || !isRepeated(loaded.type)) return undefined;
  const code = libbpf.inEmptyNetwork(testRunRefusal, libbpf, loaded, plan.inputs.slice(0, 1));
  return code && `SEC("${loaded.section}"): the kernel does not run it on generic packets (${code})`;
}

function aboutTheProgram(thrown: unknown): Failure {
  const failure = failureOf(thrown);
  if (failure.kind === 'environment' || failure.kind === 'internal') throw thrown;
  return failure;
}

function proveRevision(
  bench: Bench,
  plan: BenchmarkPlan,
  build: Build,
  loaded: RunnableProgram,
  userBuild: UserBuild | undefined,
): Prepared {
  const { emit, libbpf, users } = bench;
  const { revision } = build;
  emit({ event: 'progress', benchmark: plan.name, stage: 'prove', fraction: 0 });
  const layout = { pages: 0, stackBytes: 0 };
  const user = userBuild && users.start(revisions.indexOf(revision), userBuild.libraries[0] ?? '', layout);
  const fullRings = fillRings(libbpf, loaded.fd);
  const { proof, inputs, replay } = libbpf.inEmptyNetwork(prove, libbpf, {
    program: loaded,
    ...(user && { user, hasMaps: userBuild.twin !== undefined }),
    inputs: plan.inputs,
    expectedRetval: revision === 'head' ? plan.expect.retval : undefined, // what head promises, the base may not
    iterations: bench.measurementOf(plan).iterations,
  });
  user?.end();
  if (userBuild?.beside !== undefined && 'missing' in userBuild.beside) {
    const message = `there is no translated twin beside the native one: ${userBuild.beside.missing}`;
    emit({ event: 'warning', warning: { code: 'no-translated-twin', benchmark: plan.name, message } });
  }
  return {
    build,
    loaded,
    record: {
      ...builtProgram(build, loaded),
      ...(userBuild && recordOf(userBuild)),
      proof,
      ...(fullRings.length > 0 && { fullRings }),
    },
    run: {
      loaded,
      inputs: timedInputs({ emit: revision === 'head' ? emit : () => undefined }, plan, inputs),
      ...(replay && { replay }),
      ...(userBuild && { user: userBuild }),
    },
  };
}

function recordOf({ sha256, twin }: UserBuild): Pick<BuiltProgram, 'nativeSha256' | 'twin'> {
  return { nativeSha256: sha256, ...(twin && { twin }) };
}
