/**
 * Writes the tables of action.yml's inputs and outputs into README.md, between their markers. `--check` writes nothing and
 * fails where the README is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const root = new URL('../', import.meta.url);
const readme = new URL('README.md', root);
const action = parse(readFileSync(new URL('action.yml', root), 'utf8'));

/** @param {string} text */
const cell = (text) => text.trim().replaceAll('\n', ' ').replaceAll('|', '\\|');

/** @type {Record<string, string[]>} */
const tables = {
  inputs: [
    '| input | meaning | default |',
    '|---|---|---|',
    ...Object.entries(action.inputs).map(
      ([name, input]) =>
        `| \`${name}\` | ${cell(input.description)} | ${input.default ? `\`${input.default}\`` : ''} |`,
    ),
  ],
  outputs: [
    '| output | meaning |',
    '|---|---|',
    ...Object.entries(action.outputs).map(([name, output]) => `| \`${name}\` | ${cell(output.description)} |`),
  ],
};

const before = readFileSync(readme, 'utf8');
let after = before;
for (const [name, lines] of Object.entries(tables)) {
  const begin = `<!-- ${name}: npm run readme -->\n`;
  const end = `<!-- end of ${name} -->`;
  const from = after.indexOf(begin);
  const to = after.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin.trim()} and ${end}`);
  after = `${after.slice(0, from + begin.length)}\n${lines.join('\n')}\n\n${after.slice(to)}`;
}
if (!process.argv.includes('--check')) {
  writeFileSync(readme, after);
} else if (after !== before) {
  console.error('README.md is not what action.yml says\n  → run: npm run readme && git add README.md');
  process.exitCode = 1;
}
