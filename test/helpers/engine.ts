/** The worker's stages in the test's own process: this machine's clang, libbpf and kernel, and the programs of test/fixtures. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileUnit, type BuiltObjects, type Workshop } from '../../src/build/compile.js';
import { buildHarness, linkVariants } from '../../src/build/harness.js';
import { findToolchain } from '../../src/build/toolchain.js';
import { builtinPacket } from '../../src/inputs/packet-set.js';
import { openLibbpf, type Libbpf } from '../../src/load/libbpf.js';
import { openUserSide, type UserSide } from '../../src/load/native.js';
import { isRunnable, loadProgram, type RunnableProgram } from '../../src/load/object.js';
import { sharedCache } from './build-cache.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const programsFolder = path.join(root, 'test/fixtures/programs');

export async function openWorkshop(cacheFolder = sharedCache()): Promise<Workshop> {
  mkdirSync(cacheFolder, { recursive: true });
  return { toolchain: await findToolchain(process.env), bpfFolder: path.join(root, 'bpf'), cacheFolder };
}

export interface Engine {
  readonly workshop: Workshop;
  readonly libbpf: Libbpf;
  readonly users: UserSide;
  /** Where verifier logs of refused programs are. */
  readonly logFolder: string;
  compile(source: string): Promise<BuiltObjects>;
  load(source: string, program?: string): Promise<RunnableProgram>;
  /** Variants of the program's user-space library. */
  libraries(source: string, program: string): Promise<string[]>;
  close(): void;
}

export async function openEngine(): Promise<Engine> {
  const workshop = await openWorkshop();
  const { kernelLibrary, nativeProgram } = await buildHarness(workshop);
  const libbpf = openLibbpf(kernelLibrary);
  const users = openUserSide(libbpf, nativeProgram);
  const logFolder = mkdtempSync(path.join(tmpdir(), 'kfaas-logs-'));
  const compile: Engine['compile'] = (source) => compileUnit(workshop, { tree: programsFolder, source, cflags: [] });
  return {
    workshop,
    libbpf,
    users,
    logFolder,
    compile,
    async load(source, program) {
      const { bpf } = await compile(source);
      const loaded = loadProgram(libbpf, {
        object: bpf,
        source,
        program,
        logFile: path.join(logFolder, 'verifier.log'),
      });
      if (!isRunnable(loaded)) throw new Error(`${loaded.name} is of type ${loaded.type}, which has no test run`);
      return loaded;
    },
    async libraries(source, program) {
      const { native } = await compile(source);
      return linkVariants(workshop, native, program);
    },
    close() {
      users.close();
      rmSync(logFolder, { recursive: true });
    },
  };
}

/** A UDP datagram of 106 bytes over Ethernet and IPv4, in bytes. */
export function udpPacket(): Buffer {
  return Buffer.from(builtinPacket('udp4').hex, 'hex');
}
