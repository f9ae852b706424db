/** Loaded programs, by descriptor: what the kernel tells of them, and test runs. */
import { kernelTypeNames } from './btf.js';
import { check, type Handle, declare, writeSpan, uint32At, type LibraryHandle } from './library.js';

/** What is read of `struct bpf_prog_info` (include/uapi/linux/bpf.h). */
export interface ProgramInfo {
  /** The kernel's number for the program: what a PROG_ARRAY shows to user space. */
  readonly id: number;
  /** The kernel's hash of the instructions, 16 hex digits. */
  readonly tag: string;
  readonly jitedBytes: number;
  readonly xlatedBytes: number;
  /** Runs counted while statistics were on. */
  readonly runCount: bigint;
  /** 0 before Linux 5.16. */
  readonly verifiedInsns: number;
}

/** Covers `verified_insns`, the last field that is read; older kernels fill less. */
export const PROG_INFO_BYTES = 224;

/** What the kernel made of a program. */
export interface ProgramCode {
  /** Behind its rewriting, 8 bytes each; calls of helpers are distances in the kernel's text. Undefined where it is not shown. */
  readonly instructions: Buffer | undefined;
  /** Machine code of all functions behind each other; undefined where there is none or it is not shown. */
  readonly machine: Buffer | undefined;
  /** Whether there is machine code. */
  readonly isJited: boolean;
  /** In the order of both. */
  readonly functions: readonly {
    /** Undefined for a program without BTF. */
    readonly name: string | undefined;
    /** Where it starts in `instructions`, in slots; 0 where that is not known. */
    readonly slot: number;
    /** Of its machine code. */
    readonly bytes: number;
    /** In the kernel; undefined where that is not shown. */
    readonly address: bigint | undefined;
  }[];
}

export interface TestRun {
  readonly fd: number;
  /** Runs in one call; 0 for syscall programs, which know no repeat. */
  readonly repeat: number;
  readonly dataIn?: Buffer | undefined;
  /** Receives the packet as the last run left it. */
  readonly dataOut?: Buffer | undefined;
  /** Syscall programs: read, and written back; netfilter programs: the hook's state. */
  readonly context?: Buffer | undefined;
  /** Programs on a `struct __sk_buff`: receives it as the last run left it. */
  readonly contextOut?: Buffer | undefined;
}

export interface TestRunResult {
  readonly retval: number;
  readonly dataOutBytes: number;
  /** The kernel's own mean per run, truncated to whole nanoseconds. */
  readonly kernelDurationNs: number;
  /** Of this thread, around the system call. */
  readonly cpuNs: number;
  readonly wallNs: number;
  /** Calls that a signal ended and that were made again. */
  readonly retries: number;
}

/** `struct kfaas_run` of bpf/harness/kernel.c, by byte offsets. */
const RUN = {
  fd: 0,
  repeat: 4,
  dataIn: 8,
  dataOut: 16,
  context: 24,
  dataInBytes: 32,
  dataOutBytes: 36,
  contextBytes: 40,
  retval: 44,
  kernelDurationNs: 48,
  retries: 52,
  cpuNs: 56,
  wallNs: 64,
  contextOut: 72,
  contextOutBytes: 80,
  size: 88,
} as const;

export function programs(bpf: LibraryHandle, harness: LibraryHandle) {
  const info = declare<(fd: number, info: Buffer, size: number[]) => number>(
    bpf,
    'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)',
  );
  const enableStats = declare<(type: number) => number>(bpf, 'int bpf_enable_stats(int type)');
  const testRun = declare<(run: Buffer) => number>(harness, 'int kfaas_test_run(void *run)');
  const testRunEach = declare<(run: Buffer, calls: number) => number>(
    harness,
    'int kfaas_test_run_each(void *run, uint32_t calls)',
  );
  const loadVmlinuxBtf = declare<() => Handle | null>(bpf, 'void *btf__load_vmlinux_btf()');
  const freeBtf = declare<(btf: Handle) => void>(bpf, 'void btf__free(void *btf)');
  const typeById = declare<(btf: Handle, id: number) => Handle | null>(
    bpf,
    'void *btf__type_by_id(void *btf, uint32_t id)',
  );
  const nameByOffset = declare<(btf: Handle, offset: number) => string | null>(
    bpf,
    'const char *btf__name_by_offset(void *btf, uint32_t offset)',
  );
  const findByNameKind = declare<(btf: Handle, name: string, kind: number) => number>(
    bpf,
    'int btf__find_by_name_kind(void *btf, const char *name, uint32_t kind)',
  );
  const namesOf = kernelTypeNames(bpf);
  return {
    /** Throws an Errno. */
    programCode(fd: number): ProgramCode {
      const sizes = Buffer.alloc(PROG_INFO_BYTES);
      check('program info', info(fd, sizes, [sizes.length]));
      const room = (countAt: number, bytes: number): Buffer => Buffer.alloc(sizes.readUInt32LE(countAt) * bytes);
      const functionInfoBytes = sizes.readUInt32LE(132);
      const machine = room(16, 1);
      const instructions = room(20, 1);
      const addresses = room(104, 8);
      const lengths = room(108, 4);
      const functionInfo = room(144, functionInfoBytes);
      const data = Buffer.alloc(PROG_INFO_BYTES);
      writeSpan(data, machine, 24, 16);
      writeSpan(data, instructions, 32, 20);
      writeSpan(data, addresses, 112, 104, 8);
      writeSpan(data, lengths, 120, 108, 4);
      writeSpan(data, functionInfo, 136, 144, functionInfoBytes);
      data.writeUInt32LE(functionInfoBytes, 132);
      check('program info', info(fd, data, [data.length]));
      const isShown = data.readBigUInt64LE(24) !== 0n && machine.some((byte) => byte !== 0);
      const count = Math.max(1, lengths.length / 4);
      const types = Array.from({ length: functionInfo.length / (functionInfoBytes || 1) }, (_, i) =>
        functionInfo.subarray(i * functionInfoBytes),
      );
      const names = namesOf(
        data.readUInt32LE(128),
        types.map((record) => record.readUInt32LE(4)),
      );
      return {
        instructions: data.readBigUInt64LE(32) === 0n ? undefined : instructions,
        machine: isShown ? machine : undefined,
        isJited: machine.length > 0,
        functions: Array.from({ length: count }, (_, i) => {
          const address = addresses.length === 0 ? 0n : addresses.readBigUInt64LE(i * 8);
          return {
            name: names[i],
            slot: types[i]?.readUInt32LE(0) ?? 0,
            bytes: lengths.length === 0 ? machine.length : lengths.readUInt32LE(i * 4),
            address: address === 0n ? undefined : address,
          };
        }),
      };
    },
    programInfo(fd: number): ProgramInfo {
      const data = Buffer.alloc(PROG_INFO_BYTES);
      check('program info', info(fd, data, [data.length]));
      return {
        id: data.readUInt32LE(4),
        tag: data.toString('hex', 8, 16),
        jitedBytes: data.readUInt32LE(16),
        xlatedBytes: data.readUInt32LE(20),
        runCount: data.readBigUInt64LE(200),
        verifiedInsns: data.readUInt32LE(216),
      };
    },
    /** Turns run statistics on until the returned descriptor is closed. */
    enableRunStatistics(): number {
      return check('BPF_ENABLE_STATS', enableStats(0 /* BPF_STATS_RUN_TIME */));
    },
    /** Throws an Errno, such as ENOTSUPP where the program type knows no test run. */
    testRun(run: TestRun): TestRunResult {
      const s = Buffer.alloc(RUN.size);
      s.writeInt32LE(run.fd, RUN.fd);
      s.writeUInt32LE(run.repeat, RUN.repeat);
      writeSpan(s, run.dataIn, RUN.dataIn, RUN.dataInBytes);
      writeSpan(s, run.dataOut, RUN.dataOut, RUN.dataOutBytes);
      writeSpan(s, run.context, RUN.context, RUN.contextBytes);
      writeSpan(s, run.contextOut, RUN.contextOut, RUN.contextOutBytes);
      check('BPF_PROG_TEST_RUN', testRun(s));
      return {
        retval: s.readUInt32LE(RUN.retval),
        dataOutBytes: s.readUInt32LE(RUN.dataOutBytes),
        kernelDurationNs: s.readUInt32LE(RUN.kernelDurationNs),
        retries: s.readUInt32LE(RUN.retries),
        cpuNs: Number(s.readBigUInt64LE(RUN.cpuNs)),
        wallNs: Number(s.readBigUInt64LE(RUN.wallNs)),
      };
    },
    /** So many calls of one run each, on a fresh copy of the input every time; they end early where a result changes. */
    testRunEach(
      run: Pick<TestRun, 'fd' | 'dataIn' | 'context'>,
      calls: number,
    ): Pick<TestRunResult, 'retval' | 'cpuNs' | 'retries'> {
      const s = Buffer.alloc(RUN.size);
      s.writeInt32LE(run.fd, RUN.fd);
      writeSpan(s, run.dataIn, RUN.dataIn, RUN.dataInBytes);
      writeSpan(s, run.context, RUN.context, RUN.contextBytes);
      check('BPF_PROG_TEST_RUN', testRunEach(s, calls));
      return {
        retval: s.readUInt32LE(RUN.retval),
        cpuNs: Number(s.readBigUInt64LE(RUN.cpuNs)),
        retries: s.readUInt32LE(RUN.retries),
      };
    },
    /** Ids of the kernel's own functions (kfuncs), by name; undefined where this kernel lacks one. */
    kernelFunctionIds<Name extends string>(names: readonly Name[]): Record<Name, number> | undefined {
      const btf = loadVmlinuxBtf();
      if (btf === null) return undefined;
      const ids = names.map((name) => findByNameKind(btf, name, 12 /* BTF_KIND_FUNC */));
      freeBtf(btf);
      if (ids.some((id) => id < 0)) return undefined;
      return Object.fromEntries(names.map((name, i) => [name, ids[i]])) as Record<Name, number>;
    },
    /** Names of the kernel's own functions (kfuncs) by their ids, as far as there are such. */
    kernelFunctionNames(ids: readonly number[]): Map<number, string> {
      const names = new Map<number, string>();
      const btf = ids.length === 0 ? null : loadVmlinuxBtf();
      if (btf === null) return names;
      for (const id of ids) {
        const type = typeById(btf, id);
        const name = type === null ? null : nameByOffset(btf, uint32At(type)); // name_off
        if (name !== null && name !== '') names.set(id, name);
      }
      freeBtf(btf);
      return names;
    },
  };
}
