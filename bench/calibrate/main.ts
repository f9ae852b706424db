/**
 * Calibration: how often the gate is wrong, how often it finds what is there, and what that takes, at one setting. Adds to
 * .bench/calibration/results.jsonl, goes on where it stopped, and writes docs/calibration.md and docs/calibration.svg.
 *
 *   npm run calibrate [-- --for SECONDS]      measure until all is done, or for so long
 *   npm run calibrate -- --only quiet         one condition alone: quiet, busy, memory, bursts; may be given several times
 *   npm run calibrate -- --report             write the documents from what there is
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import type { Environment } from '../../src/domain/record.js';
import { installationFolder } from '../../src/installation.js';
import { documentsOf } from './document.js';
import { paceOf } from './gate.js';
import { openLoadMaker } from './load.js';
import { conditions, openResults, type Line, type Results } from './results.js';
import { measureShared } from './shared.js';
import { isWhole } from './summary.js';
import { nextTask, progress, type Task } from './wanted.js';
import { measureWhole } from './whole.js';
import { calibrationFolder, openShop, type CalibrationShop } from './workshop.js';

/** A time limit with its proof, where nothing of the kind was measured. */
const LONGEST_SECONDS = 30;

const { values: options } = parseArgs({
  options: {
    for: { type: 'string' },
    only: { type: 'string', multiple: true, default: [...conditions] },
    report: { type: 'boolean' },
  },
});
for (const name of options.only) {
  if (!(conditions as readonly string[]).includes(name))
    throw new Error(`--only ${name}: one of ${conditions.join(', ')}`);
}
if (!(Number(options.for ?? 0) >= 0)) throw new Error(`--for ${options.for ?? ''}: a number of seconds`);
const only = conditions.filter((condition) => options.only.includes(condition));
const endsAt = performance.now() + 1000 * (options.for === undefined ? Infinity : Number(options.for));
const results = openResults(join(calibrationFolder(), 'results.jsonl'));
if (options.report !== true) await measure(results);
const docs = join(installationFolder(), 'docs');
for (const [name, content] of Object.entries(documentsOf(results.lines))) writeFileSync(join(docs, name), content);

async function measure(into: Results): Promise<void> {
  const { lines } = into;
  if (nextTask(lines, only) === undefined) return;
  const load = openLoadMaker(); // before this process is bound to one CPU
  const bar = new SingleBar({ format: '{bar} {value} of {total} gates  {doing}', barsize: 24, stream: process.stderr });
  const shop = await openShop();
  const { done, wanted } = progress(lines);
  bar.start(wanted, done, { doing: '' });
  try {
    for (let task = nextTask(lines, only); task !== undefined; task = nextTask(lines, only)) {
      if (performance.now() + 1000 * likelySeconds(task, lines) > endsAt) break;
      bar.update({ doing: `${task.program}, ${task.condition}: ${task.heads.join(' ')}` });
      await load.change(task.condition === 'quiet' ? undefined : task.condition);
      into.add(perform(shop, task, lines));
      bar.update(progress(lines).done);
    }
  } finally {
    bar.stop();
    load.end();
  }
}

/** Seconds that it may take: a little more than the like of it took. */
function likelySeconds({ kind, program, condition, heads }: Task, lines: readonly Line[]): number {
  const alike = lines.filter((line) => {
    const count = line.kind === 'whole' ? 1 : line.heads.length;
    return line.kind === kind && line.program === program && line.condition === condition && count === heads.length;
  });
  return alike.length === 0 ? LONGEST_SECONDS : 1 + 1.2 * Math.max(...alike.map(({ seconds }) => seconds));
}

function perform(shop: CalibrationShop, { kind, program, condition, heads }: Task, lines: readonly Line[]): Line {
  const seed = lines.length + 1;
  const stamp = { program, condition, seed, machine: machineOf(shop.environment) };
  const at = (): string => new Date().toISOString();
  const [head] = heads;
  if (head === undefined) throw new Error('a task without heads');
  if (kind === 'whole') return { kind, ...stamp, head, ...measureWhole(shop, program, head, seed), at: at() };
  const whole = lines.filter(isWhole).filter((line) => line.program === program && line.condition === condition);
  const pace = paceOf(whole);
  if (pace === undefined) throw new Error(`no whole gate of ${program}, ${condition}`);
  return { kind, ...stamp, ...measureShared(shop, program, heads, seed, pace), at: at() };
}

function machineOf({ kernelRelease, architecture, cpuModel, cpuCount, clang }: Environment): string {
  return `Linux ${kernelRelease}, ${architecture}, ${String(cpuCount)} × ${cpuModel}, ${clang}`;
}
