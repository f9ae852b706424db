/**
 * Every program of the corpus in the kernel and in its twins: docs/two-sides-corpus.md is what this prints.
 *
 *   npm run corpus [-- LINUX_SOURCE [NAME]]     such as linux-source-6.12, and a part of the names of objects
 */
import { mkdirSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { buildHarness } from '../src/build/harness.js';
import { findToolchain } from '../src/build/toolchain.js';
import { allBuiltinPackets } from '../src/inputs/packet-set.js';
import { installationFolder } from '../src/installation.js';
import { openLibbpf } from '../src/load/libbpf.js';
import { compileRunner } from '../src/twin/compile.js';
import { attemptAll, type Attempt, type Outcome } from '../test/helpers/corpus/attempt.js';
import { bestKind, openCorpus, sumsOf, type Sums } from '../test/helpers/corpus/corpus.js';
import { linuxSourcePackage } from '../test/helpers/corpus/packages.js';
import { table } from './bench.js';

const [linuxSource = linuxSourcePackage(), part = ''] = process.argv.slice(2);
const root = installationFolder();
const cacheFolder = path.join(root, '.bench', 'corpus');
mkdirSync(cacheFolder, { recursive: true });
const workshop = { toolchain: await findToolchain(process.env), bpfFolder: path.join(root, 'bpf'), cacheFolder };
const libbpf = openLibbpf((await buildHarness(workshop)).kernelLibrary);
const cpu = libbpf.highestCpu();
const tools = { workshop, libbpf, runner: await compileRunner(workshop), cpu };
const inputs = allBuiltinPackets().map(({ name, hex }) => ({ name, bytes: Buffer.from(hex, 'hex') }));

const objects = (await openCorpus(workshop, root, linuxSource)).filter(({ name }) => name.includes(part));
const attempts: Attempt[] = [];
libbpf.pinThread(cpu);
for (const object of objects) {
  const found = await attemptAll({ tools, inputs, native: true }, object);
  attempts.push(...found);
  for (const each of found) console.error([each.object, each.program, each.kind, each.reason].join('\t'));
}

const percent = (share: number, of: number): string => `${((100 * share) / of).toFixed(1)} %`;
const parts = [linuxSource, 'xdp-tools', 'own'];
const sums = sumsOf(attempts);
const native = attempts.filter((each) => each.native !== undefined);
const nativeEqual = native.filter((each) => each.native?.kind.startsWith('equal'));

function sumRow(name: string, { loaded, equal, shallow, unsupported, differ, refused }: Sums): string[] {
  return [name, ...[loaded, equal, shallow, unsupported, differ, refused].map(String)];
}

const plain = (text: string): string => text.replaceAll(/[<_*[\]]/g, String.raw`\$&`);
const toldOf = ({ kind, reason }: Outcome): string => (reason === '' ? kind : `${kind}: ${plain(reason)}`);

function line(each: Attempt): string {
  const name = each.program === '' ? '' : ` \`${each.program}\``;
  const translated =
    each.native === undefined ? toldOf(each) : `translated ${toldOf(each)}; native ${toldOf(each.native)}`;
  return `* \`${each.object}\`${name}: ${translated}`;
}

console.log(`# A corpus of programs in the kernel and in their twins

Written by \`npm run corpus\` (\`bench/corpus.ts\`); \`test/integration/twin/corpus.test.ts\` holds the translated twins to it.

* Linux ${release()}, ${process.arch}, ${workshop.toolchain.version}; ${String(inputs.length)} packets, those that a program's type is run on
* **${linuxSource}**: every selftest source of Debian's package that defines an XDP, tc, socket, cgroup_skb, lwt or flow_dissector
  program; **xdp-tools**: the objects that Debian's packages of it install, and those that its commands carry within;
  **own**: \`test/fixtures/programs/tutorial\`
* equal without having reached anything unsupported: ${String(sums.equal)} of the ${String(sums.loaded)} that the kernel loads, ${percent(sums.equal, sums.loaded)};
  of those ${String(sums.shallow)} (${percent(sums.shallow, sums.equal)}) shallow: one return value, and nothing changed
* of ${String(native.length)} with a source, ${String(nativeEqual.length)} (${percent(nativeEqual.length, native.length)}) have a native twin that is equal
* left out: what the kernel here refuses to load, some of it written to be refused, and what does not compile

${table(
  ['', 'loaded', 'equal', 'shallow', 'unsupported', 'differ', 'refused'],
  [
    ...parts.map((name) => sumRow(name, sumsOf(attempts.filter(({ object }) => object.startsWith(`${name}/`))))),
    sumRow('all', sums),
  ],
)}

## Every program

${attempts.map(line).join('\n')}`);
process.exitCode = attempts.some((each) => bestKind(each) === 'differs') ? 1 : 0;
