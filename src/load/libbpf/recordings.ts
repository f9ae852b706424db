/** Program loads that libbpf made, to be made again with other instructions (bpf/harness/kernel.c). */
import { check, declare, type LibraryHandle } from './library.js';

/** What a recorded load carried. */
export interface RecordedProgram {
  /** Key of the recording. */
  readonly index: number;
  /** Relocated instructions, 8 bytes each. */
  readonly insns: Buffer;
  readonly funcInfo: Buffer;
  /** Bytes of one func_info record; 0 where there is none. */
  readonly funcInfoRecordBytes: number;
  /** `prog_flags`. */
  readonly flags: number;
}

/** Bare instructions and what the kernel must know about them. */
export interface PlainProgram {
  readonly type: number;
  readonly expectedAttachType: number;
  readonly flags: number;
  readonly insns: Buffer;
}

/** Log levels of BPF_PROG_LOAD (include/linux/bpf_verifier.h). */
export const logLevels = { basic: 1, statistics: 4 } as const;

export function recordings(harness: LibraryHandle) {
  const recorded = declare<(fd: number) => number>(harness, 'int kfaas_recorded(int fd)');
  const flags = declare<(index: number) => number>(harness, 'uint32_t kfaas_recorded_flags(int index)');
  const insnCount = declare<(index: number) => number>(harness, 'int kfaas_recorded_insn_count(int index)');
  const funcInfoBytes = declare<(index: number, recordBytes: number[]) => number>(
    harness,
    'int kfaas_recorded_func_info_bytes(int index, _Out_ uint32_t *record_bytes)',
  );
  const copy = declare<(index: number, insns: Buffer, funcInfo: Buffer) => void>(
    harness,
    'void kfaas_recorded_copy(int index, void *insns, void *func_info)',
  );
  const lineInfoBytes = declare<(index: number, recordBytes: number[]) => number>(
    harness,
    'int kfaas_recorded_line_info_bytes(int index, _Out_ uint32_t *record_bytes)',
  );
  const lineInfo = declare<(index: number, to: Buffer) => void>(
    harness,
    'void kfaas_recorded_line_info(int index, void *to)',
  );
  const reload = declare<
    (
      index: number,
      insns: Buffer,
      count: number,
      funcs: Buffer,
      bytes: number,
      log: Buffer | null,
      size: number,
      level: number,
    ) => number
  >(
    harness,
    'int kfaas_reload(int index, void *insns, uint32_t insn_count, void *func_info, uint32_t func_info_bytes, void *log, uint32_t log_size, uint32_t log_level)',
  );
  const loadPlain = declare<
    (
      type: number,
      attach: number,
      flags: number,
      insns: Buffer,
      count: number,
      log: Buffer | null,
      size: number,
    ) => number
  >(
    harness,
    'int kfaas_load_plain(uint32_t type, uint32_t attach, uint32_t flags, void *insns, uint32_t insn_count, void *log, uint32_t log_size)',
  );
  return {
    /** The load that returned this descriptor. */
    recordedProgram(fd: number): RecordedProgram {
      const index = check('recorded load', recorded(fd));
      const recordBytes = [0];
      const insns = Buffer.alloc(insnCount(index) * 8);
      const funcInfo = Buffer.alloc(funcInfoBytes(index, recordBytes));
      copy(index, insns, funcInfo);
      return { index, insns, funcInfo, funcInfoRecordBytes: recordBytes[0] ?? 0, flags: flags(index) };
    },
    /** Its line_info (`struct bpf_line_info`), one buffer a record; none where it was compiled without -g. */
    recordedLines(index: number): Buffer[] {
      const recordBytes = [0];
      const all = Buffer.alloc(lineInfoBytes(index, recordBytes));
      if (all.length > 0) lineInfo(index, all);
      const bytes = recordBytes[0] ?? 0;
      return Array.from({ length: all.length / (bytes || 1) }, (_, i) => all.subarray(i * bytes, (i + 1) * bytes));
    },
    /** Makes a recorded load again with other instructions. Returns a descriptor; throws an Errno. */
    reload(index: number, insns: Buffer, funcInfo: Buffer, log?: { buffer: Buffer; level: number }): number {
      const buffer = log?.buffer ?? null;
      return check(
        'BPF_PROG_LOAD',
        reload(index, insns, insns.length / 8, funcInfo, funcInfo.length, buffer, buffer?.length ?? 0, log?.level ?? 0),
      );
    },
    /** Loads bare instructions. Returns a descriptor; throws an Errno. */
    loadPlain(program: PlainProgram, log?: Buffer): number {
      const { type, expectedAttachType, flags, insns } = program;
      return check(
        'BPF_PROG_LOAD',
        loadPlain(type, expectedAttachType, flags, insns, insns.length / 8, log ?? null, log?.length ?? 0),
      );
    },
  };
}
