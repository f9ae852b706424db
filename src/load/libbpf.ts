/**
 * The one file that crosses into native code: libbpf, the harness library (bpf/harness/kernel.c) and a call of libc.
 * Functions here are thin: they turn C's conventions (null, negated errno, out parameters) into values and `Errno`s and
 * decide nothing. All calls are synchronous and stay on the calling thread, whose CPU clock and pinning they rely on.
 */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import koffi, { type LibraryHandle } from 'koffi';
import { KfaasError } from '../errors.js';

/** A failed call, by its errno; the caller knows what it means for the user. */
export class Errno extends Error {
  /** Such as `EPERM`. */
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = nameOf(Math.abs(errno));
    super(`${call}: ${code}`);
    this.name = 'Errno';
    this.code = code;
  }
}

function nameOf(errno: number): string {
  if (errno === 524) return 'ENOTSUPP'; // the kernel's own (include/linux/errno.h), unknown to libc
  const name = errno > 0 ? getSystemErrorName(-errno) : '';
  return name.startsWith('E') ? name : `errno ${String(errno)}`;
}

function check(call: string, result: number): number {
  if (result < 0) throw new Errno(call, result);
  return result;
}

/** An opaque pointer of libbpf's. */
export type Handle = bigint & { readonly __handle: unique symbol };

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
const PROG_INFO_BYTES = 224;

/** What the kernel made of a program. */
export interface ProgramCode {
  /** Behind its rewriting, 8 bytes each; calls of helpers are distances in the kernel's text. */
  readonly instructions: Buffer;
  /** Machine code of all functions behind each other; undefined where there is none or it is not shown. */
  readonly machine: Buffer | undefined;
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
  /** Syscall programs: read, and written back. */
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

const LIBBPF = 'libbpf.so.1';

function loadLibrary(path: string, remedy: string): LibraryHandle {
  try {
    return koffi.load(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KfaasError({ kind: 'environment', message: `cannot load ${path}: ${reason}`, remedy }, { cause: error });
  }
}

function loadLibbpf(): LibraryHandle {
  return loadLibrary(LIBBPF, 'install libbpf 1.x (Debian and Ubuntu: apt-get install libbpf1)');
}

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

/** Declares a C function with its TypeScript type; the two must agree, as nothing checks them. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the type is the caller's claim
function declare<F extends (...parameters: never[]) => unknown>(library: LibraryHandle, prototype: string): F {
  return library.func(prototype) as unknown as F;
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

/** What is loaded on this machine, with nothing but libbpf. Throws a KfaasError. */
export function openLoaded() {
  const bpf = loadLibbpf();
  const nextId = declare<(id: number, next: number[]) => number>(
    bpf,
    'int bpf_prog_get_next_id(uint32_t id, _Out_ uint32_t *next)',
  );
  const fdById = declare<(id: number) => number>(bpf, 'int bpf_prog_get_fd_by_id(uint32_t id)');
  const fdByPath = declare<(path: string) => number>(bpf, 'int bpf_obj_get(const char *path)');
  const info = declare<(fd: number, info: Buffer, size: number[]) => number>(
    bpf,
    'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)',
  );
  return {
    ...maps(bpf),
    programIds(): number[] {
      const ids: number[] = [];
      for (const next = [0]; nextId(ids.at(-1) ?? 0, next) === 0;) ids.push(next[0] ?? 0);
      return ids;
    },
    /** A descriptor of the caller's own; throws an Errno. */
    programFdById: (id: number): number => check('BPF_PROG_GET_FD_BY_ID', fdById(id)),
    /** The same, of what is pinned there, be it a program or not. */
    pinnedFd: (path: string): number => check('BPF_OBJ_GET', fdByPath(path)),
    /** Name, number and maps of a program; `struct bpf_prog_info` by its offsets. */
    programMaps(fd: number): { id: number; name: string; mapIds: number[] } {
      const ids = Buffer.alloc(4 * 64); // MAX_USED_MAPS
      const data = Buffer.alloc(PROG_INFO_BYTES);
      data.writeUInt32LE(ids.length / 4, 52);
      data.writeBigUInt64LE(koffi.address(ids), 56);
      check('program info', info(fd, data, [data.length]));
      const count = data.readUInt32LE(52);
      return {
        id: data.readUInt32LE(4),
        name: data.toString('latin1', 64, data.indexOf(0, 64)),
        mapIds: Array.from({ length: count }, (_, i) => ids.readUInt32LE(i * 4)),
      };
    },
  };
}

export type Loaded = ReturnType<typeof openLoaded>;

/** Objects and the programs in them, before they are loaded. */
function objects(bpf: LibraryHandle) {
  const open = declare<(file: Buffer, size: number, options: Buffer) => Handle | null>(
    bpf,
    'void *bpf_object__open_mem(void *file, size_t size, void *options)',
  );
  const next = declare<(object: Handle, previous: Handle | null) => Handle | null>(
    bpf,
    'void *bpf_object__next_program(void *object, void *previous)',
  );
  const load = declare<(object: Handle) => number>(bpf, 'int bpf_object__load(void *object)');
  const btfOf = declare<(object: Handle) => Handle | null>(bpf, 'void *bpf_object__btf(void *object)');
  const nameByOffset = declare<(btf: Handle, offset: number) => string | null>(
    bpf,
    'const char *btf__name_by_offset(void *btf, uint32_t offset)',
  );
  const insnsOf = declare<(program: Handle) => bigint>(bpf, 'void *bpf_program__insns(void *program)');
  const insnCount = declare<(program: Handle) => number>(bpf, 'size_t bpf_program__insn_cnt(void *program)');
  const nameOfType = typeNameIn(bpf);
  const bytesOfBtf = btfReader(bpf);
  const setAutoload = declare<(program: Handle, autoload: boolean) => number>(
    bpf,
    'int bpf_program__set_autoload(void *program, bool autoload)',
  );
  const setLogBuffer = declare<(program: Handle, log: Buffer, size: number) => number>(
    bpf,
    'int bpf_program__set_log_buf(void *program, void *log, size_t size)',
  );
  return {
    /** Reads an ELF file. Throws an Errno. */
    openObject(file: Buffer, name: string): Handle {
      const zeroTerminated = Buffer.from(`${name}\0`);
      const options = Buffer.alloc(16); // struct bpf_object_open_opts: its size, object_name
      options.writeBigUInt64LE(BigInt(options.length), 0);
      options.writeBigUInt64LE(koffi.address(zeroTerminated), 8);
      const object = open(file, file.length, options);
      if (object === null) throw new Errno(`open ${name}`, koffi.errno());
      return object;
    },
    /** A string of the object's BTF, by its offset; undefined where there is none. */
    btfString(object: Handle, offset: number): string | undefined {
      const btf = btfOf(object);
      return btf === null ? undefined : (nameByOffset(btf, offset) ?? undefined);
    },
    /** What a type of the object's BTF is called, by its id; undefined where there is none. */
    btfTypeName(object: Handle, id: number): string | undefined {
      const btf = btfOf(object);
      return btf === null ? undefined : nameOfType(btf, id);
    },
    /** All of the object's BTF, with what libbpf knows better since the load (places in .kconfig); undefined where there is none. */
    objectBtf(object: Handle): Buffer | undefined {
      const btf = btfOf(object);
      if (btf === null) return undefined;
      return bytesOfBtf(btf);
    },
    closeObject: declare<(object: Handle) => void>(bpf, 'void bpf_object__close(void *object)'),
    /** Throws an Errno when the kernel or libbpf refuses it. */
    loadObject(object: Handle): void {
      check('load', load(object));
    },
    programsOf(object: Handle): Handle[] {
      const all: Handle[] = [];
      for (let program = next(object, null); program !== null; program = next(object, program)) all.push(program);
      return all;
    },
    programName: declare<(program: Handle) => string>(bpf, 'const char *bpf_program__name(void *program)'),
    programSection: declare<(program: Handle) => string>(bpf, 'const char *bpf_program__section_name(void *program)'),
    /** `enum bpf_prog_type`. */
    programType: declare<(program: Handle) => number>(bpf, 'uint32_t bpf_program__type(void *program)'),
    /** What libbpf calls a type, such as `kprobe`; null for one that it does not know. */
    programTypeName: declare<(type: number) => string | null>(
      bpf,
      'const char *libbpf_bpf_prog_type_str(uint32_t type)',
    ),
    /** The program's instructions and behind them those of the functions that it calls, once they are relocated. */
    programInsns(program: Handle): Buffer {
      const count = insnCount(program);
      return Buffer.from(koffi.decode(insnsOf(program), 'uint8_t', count * 8) as Uint8Array);
    },
    programFd: declare<(program: Handle) => number>(bpf, 'int bpf_program__fd(void *program)'),
    setAutoload(program: Handle, autoload: boolean): void {
      check('set autoload', setAutoload(program, autoload));
    },
    /** The verifier writes here when it refuses the program; the buffer must outlive the load. */
    setLogBuffer(program: Handle, log: Buffer): void {
      check('set log buffer', setLogBuffer(program, log, log.length));
    },
  };
}

/** Loaded programs, by descriptor. */
function programs(bpf: LibraryHandle, harness: LibraryHandle) {
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
        instructions,
        machine: isShown ? machine : undefined,
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
      run: Pick<TestRun, 'fd' | 'dataIn'>,
      calls: number,
    ): Pick<TestRunResult, 'retval' | 'cpuNs' | 'retries'> {
      const s = Buffer.alloc(RUN.size);
      s.writeInt32LE(run.fd, RUN.fd);
      writeSpan(s, run.dataIn, RUN.dataIn, RUN.dataInBytes);
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
        const name = type === null ? null : nameByOffset(btf, koffi.decode(type, 'uint32_t') as number); // name_off
        if (name !== null && name !== '') names.set(id, name);
      }
      freeBtf(btf);
      return names;
    },
  };
}

/** What is read of `struct bpf_map_info` (include/uapi/linux/bpf.h). */
export interface MapInfo {
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** The kernel's number for the map: what a map of maps shows to user space. */
  readonly id: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** As the kernel keeps it: 15 bytes at most. */
  readonly name: string;
  /** The kernel's number for the BTF that tells the types below; 0 where none does. */
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Covers `map_extra`; older kernels fill less. */
const MAP_INFO_BYTES = 88;

/** All of a BTF in the hands of libbpf. */
function btfReader(bpf: LibraryHandle): (btf: Handle) => Buffer {
  const rawBtf = declare<(btf: Handle, bytes: number[]) => Handle>(
    bpf,
    'void *btf__raw_data(void *btf, _Out_ uint32_t *bytes)',
  );
  return (btf) => {
    const bytes = [0];
    const data = rawBtf(btf, bytes);
    return Buffer.from(koffi.decode(data, koffi.array('uint8_t', bytes[0] ?? 0, 'Typed')) as Uint8Array);
  };
}

/** Maps of a loaded object, and their elements by descriptor. */
function maps(bpf: LibraryHandle) {
  const next = declare<(object: Handle, previous: Handle | null) => Handle | null>(
    bpf,
    'void *bpf_object__next_map(void *object, void *previous)',
  );
  const info = declare<(fd: number, info: Buffer, size: number[]) => number>(
    bpf,
    'int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)',
  );
  const setPinPath = declare<(map: Handle, path: null) => number>(
    bpf,
    'int bpf_map__set_pin_path(void *map, const char *path)',
  );
  const fdById = declare<(id: number) => number>(bpf, 'int bpf_map_get_fd_by_id(uint32_t id)');
  const typeName = declare<(type: number) => string | null>(bpf, 'const char *libbpf_bpf_map_type_str(uint32_t type)');
  const loadBtf = declare<(id: number) => Handle | null>(bpf, 'void *btf__load_from_kernel_by_id(uint32_t id)');
  const freeBtf = declare<(btf: Handle) => void>(bpf, 'void btf__free(void *btf)');
  const bytesOfBtf = btfReader(bpf);
  const nextKey = declare<(fd: number, key: Buffer | null, next: Buffer) => number>(
    bpf,
    'int bpf_map_get_next_key(int fd, void *key, void *next)',
  );
  const lookup = declare<(fd: number, key: Buffer, value: Buffer) => number>(
    bpf,
    'int bpf_map_lookup_elem(int fd, void *key, void *value)',
  );
  const update = declare<(fd: number, key: Buffer, value: Buffer, flags: number) => number>(
    bpf,
    'int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)',
  );
  const possibleCpus = declare<() => number>(bpf, 'int libbpf_num_possible_cpus()');
  return {
    mapsOf(object: Handle): Handle[] {
      const all: Handle[] = [];
      for (let map = next(object, null); map !== null; map = next(object, map)) all.push(map);
      return all;
    },
    /** As the source has it. */
    mapName: declare<(map: Handle) => string>(bpf, 'const char *bpf_map__name(void *map)'),
    /** Takes back that loading shares the map by a file of bpffs. */
    unpinMap(map: Handle): void {
      check('unpin map', setPinPath(map, null));
    },
    /** Negative where libbpf created none. */
    mapFd: declare<(map: Handle) => number>(bpf, 'int bpf_map__fd(void *map)'),
    mapInfo(fd: number): MapInfo {
      const data = Buffer.alloc(MAP_INFO_BYTES);
      check('map info', info(fd, data, [data.length]));
      return {
        type: data.readUInt32LE(0),
        id: data.readUInt32LE(4),
        keyBytes: data.readUInt32LE(8),
        valueBytes: data.readUInt32LE(12),
        maxEntries: data.readUInt32LE(16),
        flags: data.readUInt32LE(20),
        name: data.toString('latin1', 24, data.indexOf(0, 24)),
        btfId: data.readUInt32LE(64),
        keyTypeId: data.readUInt32LE(68),
        valueTypeId: data.readUInt32LE(72),
      };
    },
    /** What libbpf calls a type, such as `hash`. */
    mapTypeName: (type: number): string => typeName(type) ?? `number ${String(type)}`,
    /** BTF that was loaded into the kernel, by its number. Throws an Errno. */
    btfOfKernel(id: number): Buffer {
      const btf = loadBtf(id);
      if (btf === null) throw new Errno('BPF_BTF_GET_FD_BY_ID', koffi.errno());
      const bytes = bytesOfBtf(btf);
      freeBtf(btf);
      return bytes;
    },
    /** A descriptor of the caller's own. */
    mapFdById: (id: number): number => check('BPF_MAP_GET_FD_BY_ID', fdById(id)),
    /** The key behind this one, the first where none is given; undefined at the end. Throws an Errno. */
    nextKey(fd: number, key: Buffer | undefined, keyBytes: number): Buffer | undefined {
      const found = Buffer.alloc(keyBytes);
      const result = nextKey(fd, key ?? null, found);
      if (result === -constants.errno.ENOENT) return undefined;
      check('BPF_MAP_GET_NEXT_KEY', result);
      return found;
    },
    /** Fills `value`, which for per-CPU maps holds 8-byte aligned values of all possible CPUs; false where there is none. */
    lookupElement(fd: number, key: Buffer, value: Buffer): boolean {
      const result = lookup(fd, key, value);
      if (result === -constants.errno.ENOENT) return false;
      check('BPF_MAP_LOOKUP_ELEM', result);
      return true;
    },
    updateElement(fd: number, key: Buffer, value: Buffer): void {
      check('BPF_MAP_UPDATE_ELEM', update(fd, key, value, 0 /* BPF_ANY */));
    },
    possibleCpus: (): number => check('possible CPUs', possibleCpus()),
  };
}

/** Writes a pointer and how many records of `recordBytes` there are. */
function writeSpan(
  struct: Buffer,
  bytes: Buffer | undefined,
  pointerAt: number,
  countAt: number,
  recordBytes = 1,
): void {
  if (bytes === undefined || bytes.length === 0) return;
  struct.writeBigUInt64LE(koffi.address(bytes), pointerAt);
  struct.writeUInt32LE(bytes.length / recordBytes, countAt);
}

/** What a type of some BTF is called; undefined where there is none of this id. */
function typeNameIn(bpf: LibraryHandle): (btf: Handle, id: number) => string | undefined {
  const typeById = declare<(btf: Handle, id: number) => Handle | null>(
    bpf,
    'void *btf__type_by_id(void *btf, uint32_t id)',
  );
  const nameAt = declare<(btf: Handle, offset: number) => string | null>(
    bpf,
    'const char *btf__name_by_offset(void *btf, uint32_t offset)',
  );
  return (btf, id) => {
    const type = typeById(btf, id);
    // `struct btf_type` begins with name_off.
    return type === null ? undefined : (nameAt(btf, koffi.decode(type, 'uint32_t') as number) ?? undefined);
  };
}

/** The same of BTF that the kernel holds, by its number; all undefined where there is none. */
function kernelTypeNames(bpf: LibraryHandle) {
  const load = declare<(id: number) => Handle | null>(bpf, 'void *btf__load_from_kernel_by_id(uint32_t id)');
  const free = declare<(btf: Handle) => void>(bpf, 'void btf__free(void *btf)');
  const nameOfType = typeNameIn(bpf);
  return (btfId: number, types: readonly number[]): (string | undefined)[] => {
    const btf = btfId === 0 ? null : load(btfId);
    if (btf === null) return types.map(() => undefined);
    const names = types.map((type) => nameOfType(btf, type));
    free(btf);
    return names;
  };
}

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

function recordings(harness: LibraryHandle) {
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

function dispatchers(harness: LibraryHandle) {
  const progArray = declare<() => number>(harness, 'int kfaas_prog_array()');
  const set = declare<(map: number, program: number) => number>(
    harness,
    'int kfaas_prog_array_set(int map, int program)',
  );
  const attach = declare<(program: number, link: number[], namespace: number[]) => number>(
    harness,
    'int kfaas_attach_to_own_loopback(int program, _Out_ int *link, _Out_ int *namespace)',
  );
  return {
    /** A PROG_ARRAY of one slot; returns its descriptor. */
    progArray: (): number => check('BPF_MAP_CREATE', progArray()),
    setProgArray(map: number, program: number): void {
      check('BPF_MAP_UPDATE_ELEM', set(map, program));
    },
    /** Attaches an XDP program to `lo` of a new network namespace; both last until the descriptors are closed. */
    attachToOwnLoopback(program: number): { linkFd: number; namespaceFd: number } {
      const link = [-1];
      const namespace = [-1];
      check('attach XDP to a loopback device', attach(program, link, namespace));
      return { linkFd: link[0] ?? -1, namespaceFd: namespace[0] ?? -1 };
    },
  };
}

function threads(harness: LibraryHandle) {
  const pin = declare<(cpu: number) => number>(harness, 'int kfaas_pin(int cpu)');
  const pinMeanwhile = declare<(cpu: number) => number>(harness, 'int kfaas_pin_meanwhile(int cpu)');
  const unpin = declare<() => number>(harness, 'int kfaas_unpin()');
  const highestCpu = declare<() => number>(harness, 'int kfaas_highest_cpu()');
  const endWithParent = declare<() => number>(harness, 'int kfaas_end_with_parent()');
  const enterEmptyNetwork = declare<() => number>(harness, 'int kfaas_enter_empty_network()');
  const leaveEmptyNetwork = declare<(home: number) => number>(harness, 'int kfaas_leave_empty_network(int home)');
  const socketpair = declare<(domain: number, type: number, protocol: number, pair: Int32Array) => number>(
    koffi.load(null),
    'int socketpair(int domain, int type, int protocol, _Out_ int *pair)',
  );
  return {
    /** Pins the calling thread and the processes that it starts from now on. */
    pinThread(cpu: number): void {
      check(`pin to CPU ${String(cpu)}`, pin(cpu));
    },
    /** What the work does, and the processes that it starts, stay on that CPU; nothing else starts meanwhile. */
    onCpu<T>(cpu: number, work: () => T): T {
      check(`pin to CPU ${String(cpu)}`, pinMeanwhile(cpu));
      try {
        return work();
      } finally {
        check('unpin', unpin());
      }
    },
    /** This process is killed when the one that started it ends, however that ends. */
    endWithParent(): void {
      check('PR_SET_PDEATHSIG', endWithParent());
    },
    highestCpu: (): number => check('sched_getaffinity', highestCpu()),
    /** Does something in a network namespace that has nothing but a loopback device, which is down. */
    inEmptyNetwork<T>(work: () => T): T {
      const home = check('enter an empty network namespace', enterEmptyNetwork());
      try {
        return work();
      } finally {
        check('leave the empty network namespace', leaveEmptyNetwork(home));
      }
    },
    /** Two connected blocking stream sockets. */
    socketPair(): [number, number] {
      const pair = new Int32Array(2);
      if (socketpair(1 /* AF_UNIX */, 1 | 0o2000000 /* SOCK_STREAM | SOCK_CLOEXEC */, 0, pair) < 0) {
        throw new Errno('socketpair', koffi.errno());
      }
      return [pair[0] ?? -1, pair[1] ?? -1];
    },
  };
}
