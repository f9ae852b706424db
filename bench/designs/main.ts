/**
 * Which design judges best? Compares designs on runs of this project's development machine that were recorded once.
 *
 *   npm run bench:designs [-- GATES]
 *   npm run bench:designs -- record [CONDITION…]     records them again, on this machine's kernel
 */
import { spawnSync } from 'node:child_process';
import { compareDesigns } from './compare.js';
import { recordUnder } from './record.js';
import { conditions } from './recording.js';

const [verb, ...names] = process.argv.slice(2);
const wanted = conditions.filter((condition) => names.length === 0 || names.includes(condition));
if (verb === 'record') {
  // Each in a process of its own: only what starts unpinned can be anywhere.
  for (const condition of wanted) {
    spawnSync(process.execPath, [process.argv[1] ?? '', 'record-one', condition], { stdio: 'inherit' });
  }
} else if (verb === 'record-one') {
  for (const condition of wanted) await recordUnder(condition);
} else {
  compareDesigns(Number(verb ?? 400));
}
