/** Objects and the programs in them, before they are loaded. */
import { btfReader, typeNameIn } from './btf.js';
import { Errno, check, type Handle, declare, bytesAt, addressOf, lastErrno, type LibraryHandle } from './library.js';

export function objects(bpf: LibraryHandle) {
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
  const setType = declare<(program: Handle, type: number) => number>(
    bpf,
    'int bpf_program__set_type(void *program, uint32_t type)',
  );
  const setExpectedAttachType = declare<(program: Handle, type: number) => number>(
    bpf,
    'int bpf_program__set_expected_attach_type(void *program, uint32_t type)',
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
      options.writeBigUInt64LE(addressOf(zeroTerminated), 8);
      const object = open(file, file.length, options);
      if (object === null) throw new Errno(`open ${name}`, lastErrno());
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
      return bytesAt(insnsOf(program), count * 8);
    },
    programFd: declare<(program: Handle) => number>(bpf, 'int bpf_program__fd(void *program)'),
    setAutoload(program: Handle, autoload: boolean): void {
      check('set autoload', setAutoload(program, autoload));
    },
    /** Of one whose section says nothing to libbpf: `enum bpf_prog_type`, `enum bpf_attach_type`. */
    setProgramType(program: Handle, type: number, expectedAttachType: number): void {
      check('set type', setType(program, type));
      check('set expected attach type', setExpectedAttachType(program, expectedAttachType));
    },
    /** The verifier writes here when it refuses the program; the buffer must outlive the load. */
    setLogBuffer(program: Handle, log: Buffer): void {
      check('set log buffer', setLogBuffer(program, log, log.length));
    },
  };
}
