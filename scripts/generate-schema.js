/**
 * Writes the JSON schemas that editors and other tools read, from the same zod schemas that validate. `--check` writes
 * nothing and fails where a file is not what would be written. Needs lib/ to be compiled.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const root = new URL('../', import.meta.url);

const schemas = [
  {
    file: 'schema/record.schema.json',
    module: 'lib/domain/record.js',
    name: 'recordSchema',
    title: 'A record of kfaas-bench: everything needed to judge and render a run again',
  },
  {
    file: 'schema/kfaas.schema.json',
    module: 'lib/inputs/config-schema.js',
    name: 'configSchema',
    title: 'kfaas.yml: what kfaas-bench measures of a project',
  },
];

let stale = false;
for (const { file, module, name, title } of schemas) {
  const exported = await import(new URL(module, root).href);
  const { $schema, ...body } = z.toJSONSchema(exported[name]);
  const $id = `https://raw.githubusercontent.com/kiinitix/kfaas-bench/v1/${file}`;
  const text = `${JSON.stringify({ $schema, $id, title, ...body }, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(new URL(file, root), text);
  } else if (readOr(new URL(file, root), '') !== text) {
    console.error(`${file} is not what ${module} says\n  → run: npm run schema && git add ${file}`);
    stale = true;
  }
}
process.exitCode = stale ? 1 : 0;

/**
 * @param {URL} url
 * @param {string} otherwise
 */
function readOr(url, otherwise) {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return otherwise;
  }
}
