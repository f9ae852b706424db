/**
 * libbpf, the harness library (bpf/harness/kernel.c) and a call of libc. Functions are thin: they turn C's conventions (null, negated
 * errno, out parameters) into values and `Errno`s and decide nothing. All calls are synchronous and stay on the calling thread,
 * whose CPU clock and pinning they rely on.
 */
import { closeSync } from 'node:fs';
import { dispatchers } from './libbpf/dispatchers.js';
import { check, declare, loadLibbpf, loadLibrary, nameOf } from './libbpf/library.js';
import { maps } from './libbpf/maps.js';
import { objects } from './libbpf/objects.js';
import { programs } from './libbpf/programs.js';
import { recordings } from './libbpf/recordings.js';
import { rings } from './libbpf/rings.js';
import { threads } from './libbpf/threads.js';

export { openLoaded, type Loaded } from './libbpf/loaded.js';
export { Errno, type Handle } from './libbpf/library.js';
export type { MapInfo } from './libbpf/maps.js';
export type { ProgramCode, ProgramInfo, TestRun, TestRunResult } from './libbpf/programs.js';
export { logLevels, type PlainProgram, type RecordedProgram } from './libbpf/recordings.js';

/** The version of this machine's libbpf, such as `v1.5`. Throws a KfaasError where there is none. */
export function libbpfVersion(): string {
  return (loadLibbpf().func('const char *libbpf_version_string()') as unknown as () => string)();
}

/**
 * Has the kernel load bare instructions, with nothing but libbpf: for probes, which must work where no harness was built.
 * Returns `ok` or the errno's name.
 */
export function tryLoad(type: number, insns: Buffer): string {
  const load = declare<
    (type: number, name: null, license: string, insns: Buffer, count: number, options: null) => number
  >(
    loadLibbpf(),
    'int bpf_prog_load(uint32_t type, const char *name, const char *license, void *insns, size_t count, void *options)',
  );
  const fd = load(type, null, 'GPL', insns, insns.length / 8, null);
  if (fd < 0) return nameOf(-fd);
  closeSync(fd);
  return 'ok';
}

/** Whether run statistics can be turned on: `ok` or the errno's name. */
export function tryStatistics(): string {
  const fd = declare<(type: number) => number>(loadLibbpf(), 'int bpf_enable_stats(int type)')(0);
  if (fd < 0) return nameOf(-fd);
  closeSync(fd);
  return 'ok';
}

/** Loads libbpf and the compiled harness library, and starts to record program loads. Throws a KfaasError. */
export function openLibbpf(harnessLibrary: string) {
  const bpf = loadLibbpf();
  const harness = loadLibrary(harnessLibrary, 'remove the cache folder, so that the library is built again');

  declare<(setPrint: unknown) => void>(
    harness,
    'void kfaas_route_messages(void *set_print)',
  )(bpf.symbol('libbpf_set_print'));
  check('record program loads', declare<() => number>(harness, 'int kfaas_record_loads()')());

  const takeMessages = declare<(to: Buffer, size: number) => void>(
    harness,
    'void kfaas_take_messages(void *to, size_t size)',
  );
  return {
    ...objects(bpf),
    ...programs(bpf, harness),
    ...maps(bpf),
    ...recordings(harness),
    ...rings(harness),
    ...dispatchers(harness),
    ...threads(harness),
    /** What libbpf said since the last call. */
    takeMessages(): string {
      const text = Buffer.alloc(65_536);
      takeMessages(text, text.length);
      return text.toString('utf8', 0, text.indexOf(0));
    },
  };
}

export type Libbpf = ReturnType<typeof openLibbpf>;
