/** Twins in the test's own process: programs of test/fixtures/twin, and the stages of src/twin on them. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileForKernel, type SourceUnit } from '../../src/build/compile.js';
import { compileRunner, type TwinFiles } from '../../src/twin/compile.js';
import { buildTwin, type TwinTools } from '../../src/twin/build.js';
import { nativeBuilder } from '../../src/twin/native.js';
import { loadTwinned, readAllElements } from '../../src/twin/object.js';
import { proveTwin, type TwinProof } from '../../src/twin/proof.js';
import type { ProofInput } from '../../src/twin/verdict.js';
import { openEngine, type Engine } from './engine.js';

const folder = fileURLToPath(new URL('../fixtures/programs/twin', import.meta.url));

export const fixture = (source: string): string => path.join(folder, source);

/** Fixtures and programs in them that every twin runs as the kernel does, whatever it is made of. */
export const eitherTwin: [source: string, program: string][] = [
  ['counting.bpf.c', 'counting'],
  ['maps.bpf.c', 'arrays'],
  ['maps.bpf.c', 'hashes'],
  ['maps.bpf.c', 'tries'],
  ['maps.bpf.c', 'queues'],
  ['maps.bpf.c', 'of_maps'],
  ['maps.bpf.c', 'rings'],
  ['calls.bpf.c', 'loops'],
  ['calls.bpf.c', 'tail_calls'],
  ['calls.bpf.c', 'texts'],
  ['packets.bpf.c', 'skb_bytes'],
  ['packets.bpf.c', 'checksums'],
  ['packets.bpf.c', 'vlans'],
  ['packets.bpf.c', 'room'],
  ['packets.bpf.c', 'xdp_moves'],
  ['packets.bpf.c', 'xdp_meta'],
  ['packets.bpf.c', 'xdp_redirects'],
];

export interface TwinBench {
  readonly engine: Engine;
  readonly tools: TwinTools;
  prove(
    source: string,
    program: string,
    inputs: readonly ProofInput[],
    sabotage?: (text: string) => string,
  ): Promise<TwinProof>;
  /** The native twin of the same source, or of another one. */
  proveNative(source: string, program: string, inputs: readonly ProofInput[], twin?: SourceUnit): Promise<TwinProof>;
  /** Path of a compiled fixture. */
  object(source: string, cflags?: readonly string[]): Promise<string>;
  /** The twin that is timed: with time and chance as they are. */
  twin(object: string, program: string): Promise<TwinFiles>;
  close(): void;
}

export async function openTwinBench(): Promise<TwinBench> {
  const engine = await openEngine();
  const { workshop, libbpf } = engine;
  const cpu = libbpf.highestCpu();
  libbpf.pinThread(cpu);
  const tools = { workshop, libbpf, runner: await compileRunner(workshop), cpu };
  const object: TwinBench['object'] = async (source, cflags = []) =>
    (await compileForKernel(workshop, { tree: folder, source, cflags })).bpf;
  return {
    engine,
    tools,
    object,
    async prove(source, program, inputs, sabotage) {
      const request = { object: await object(source), program, inputs };
      return proveTwin(tools, sabotage === undefined ? request : { ...request, sabotage });
    },
    async proveNative(source, program, inputs, twin = { tree: folder, source, cflags: [] }) {
      return proveTwin(tools, { object: await object(source), program, inputs }, nativeBuilder(twin));
    },
    async twin(object, program) {
      const loaded = loadTwinned(libbpf, object, program);
      try {
        return await buildTwin(tools, loaded, readAllElements(libbpf, loaded, cpu), { chance: true });
      } finally {
        loaded.close();
      }
    },
    close() {
      engine.close();
    },
  };
}

export const named = (packets: readonly Buffer[]): ProofInput[] =>
  packets.map((bytes, i) => ({ name: `packet ${String(i)}`, bytes }));
