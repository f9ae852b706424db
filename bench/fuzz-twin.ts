/**
 * Random programs in the kernel and in their translated twins: docs/two-sides-fuzz.md is what this prints.
 *
 *   npm run bench:fuzz [-- PROGRAMS [SEED]]     SIGINT ends it after the batch that is under way
 */
import { mkdirSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { buildHarness } from '../src/build/harness.js';
import { findToolchain } from '../src/build/toolchain.js';
import { installationFolder } from '../src/installation.js';
import { openLibbpf } from '../src/load/libbpf.js';
import { compileRunner } from '../src/twin/compile.js';
import { fuzz } from '../test/helpers/fuzz.js';
import { allOpcodes } from '../test/helpers/opcode-names.js';
import { table } from './bench.js';

const BATCH = 200;
const PACKETS = 6;
/** Counting costs time. */
const COUNTING_EVERY = 5;
const wanted = Number(process.argv[2] ?? 100_000);
const firstSeed = Number(process.argv[3] ?? 1);

const root = installationFolder();
const cacheFolder = path.join(root, '.bench', 'fuzz');
mkdirSync(cacheFolder, { recursive: true });
const workshop = { toolchain: await findToolchain(process.env), bpfFolder: path.join(root, 'bpf'), cacheFolder };
const libbpf = openLibbpf((await buildHarness(workshop)).kernelLibrary);
const runner = await compileRunner(workshop);

const executed = new Map<string, number>();
const refused = new Map<string, number>();
const differences: string[] = [];
let programs = 0;
let runs = 0;

function add(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count);
}

const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort();
});

for (let batch = 0; programs < wanted && !interrupted.signal.aborted; batch++) {
  const drafts = path.join(cacheFolder, 'twins');
  const found = await fuzz({ ...workshop, cacheFolder: drafts }, libbpf, runner, {
    ...{ seed: firstSeed + batch, programs: Math.min(BATCH, wanted - programs), packetsPerProgram: PACKETS },
    counting: batch % COUNTING_EVERY === 0,
  });
  programs += found.programs;
  runs += found.runs;
  differences.push(...found.differences);
  add(executed, found.executed);
  add(refused, found.refused);
  rmSync(drafts, { recursive: true });
  console.error(`${String(programs)} programs, ${String(runs)} runs, ${String(differences.length)} differences`);
  if (differences.length > 0) break;
}

const never = allOpcodes().filter((name) => !executed.has(name));
const rows = [...executed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => [name, String(count)]);
console.log(`# Random programs in the kernel and in translated twins

Written by \`npm run bench:fuzz -- ${String(wanted)} ${String(firstSeed)}\` (\`bench/fuzz-twin.ts\`); how programs are drawn is in
\`test/helpers/fuzz.ts\`, and \`test/integration/twin/fuzz.test.ts\` runs a sample of it.

* Linux ${release()}, ${process.arch}, ${workshop.toolchain.version}
* ${String(programs)} programs that the verifier accepted, of ${String(wanted)} that were asked for (refused: ${[...refused].map(([code, count]) => `${String(count)} ${code}`).join(', ') || 'none'}), seeds from ${String(firstSeed)}
* ${String(runs)} runs on packets of edge values and random ones: return value, registers, stack and packet compared
* differences: ${String(differences.length)}
* opcodes that were never executed: ${never.join(', ') || 'none'}

Executions by the twins of every fifth batch, which count:

${table(['opcode', 'executions'], rows)}`);
for (const difference of differences) console.error(difference);
process.exitCode = differences.length === 0 && never.length === 0 ? 0 : 1;
