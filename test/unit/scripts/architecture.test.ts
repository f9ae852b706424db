import { readdirSync } from 'node:fs';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { allowedParts, common, composers, halves } from '../../../scripts/lint/architecture.js';

const root = new URL('../../../', import.meta.url).pathname;
// The project's own configuration; only the rules that need a file's types are off, since the planted files do not exist.
const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

async function messages(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: `${root}${file}` });
  return result!.messages.map((message) => `${message.ruleId ?? 'fatal'}: ${message.message}`);
}

const direction = 'kfaas/import-direction';

describe('lint', () => {
  it.each([
    ['src/load/planted.ts', `import '../measure/rounds.js';`, direction, 'src/load may not import measure'],
    ['src/judge/planted.ts', `import '../measure/rounds.js';`, direction, 'src/judge may not import measure'],
    ['src/judge/planted.ts', `import '../inputs/config.js';`, direction, 'src/judge may not import inputs'],
    ['src/measure/planted.ts', `import '../places/protocol.js';`, direction, 'src/measure may not import places'],
    [
      'src/inputs/planted.ts',
      `import type { Place } from '../places/place.js'; export type P = Place;`,
      direction,
      'places',
    ],
    ['src/inputs/planted.ts', `export type P = import('../places/place.js').Place;`, direction, 'places'],
    ['src/twin/planted.ts', `import '../prove/compare.js';`, direction, 'src/twin may not import prove'],
    ['src/build/planted.ts', `export * from '../load/object.js';`, direction, 'load'],
    ['src/build/planted.ts', `export { a } from '../load/object.js';`, direction, 'load'],
    ['src/build/planted.ts', `await import('../load/object.js');`, direction, 'load'],
    ['src/report/deep/planted.ts', `import '../../pipeline.js';`, direction, 'pipeline'],
    ['src/domain/planted.ts', `import '../judge/decide.js';`, direction, 'judge'],
    ['src/domain/planted.ts', `import '../installation.js';`, direction, 'installation'],
    ['src/errors.ts', `import './domain/words.js';`, direction, 'domain'],
    ['src/cli.ts', `import '../test/helpers/require.js';`, direction, 'outside'],
    [
      'src/load/object.ts',
      `import koffi from 'koffi'; koffi.load('');`,
      direction,
      'only src/load/libbpf/library.ts may import koffi',
    ],
    ['src/places/process.ts', `import 'dockerode';`, direction, 'only src/places/engine.ts'],
    ['src/places/process.ts', `import '@actions/core';`, direction, '@actions/core'],
    ['src/judge/planted.ts', `import 'node:fs/promises';`, direction, 'pure'],
    ['src/report/planted.ts', `console.log('')`, 'no-console', ''],
    ['src/judge/planted.ts', `export const now = performance.now();`, 'no-restricted-globals', 'pure'],
    ['src/cli.ts', `process.exit(1);`, 'no-restricted-properties', 'Only src/main.ts'],
  ])('rejects in %s: %s', async (file, text, rule, reason) => {
    const found = await messages(file, text);
    expect(found.filter((message) => message.startsWith(rule) && message.includes(reason))).toHaveLength(1);
  });

  it.each([
    ['src/measure/planted.ts', `import '../load/object.js'; import '../arms/kernel.js'; import './rounds.js';`],
    ['src/measure/deep/planted.ts', `import '../rounds.js'; import '../../units.js'; import '../../domain/words.js';`],
    ['src/github/planted.ts', `import '../report/markdown.js'; import '@actions/github';`],
    ['src/load/libbpf/library.ts', `import 'koffi';`],
    ['src/worker.ts', `import './measure/rounds.js'; import './places/protocol.js'; console.error('');`],
    ['src/main.ts', `process.exit(1);`],
  ])('accepts in %s: %s', async (file, text) => {
    expect(await messages(file, text)).toEqual([]);
  });

  it('knows every folder and file of src/', () => {
    const known = new Set([...common, ...Object.values(halves).flat(), ...composers]);
    const parts = readdirSync(`${root}src`).map((entry) => entry.replace(/\.ts$/, ''));
    expect(parts.filter((part) => !known.has(part))).toEqual([]);
  });

  it('lets a folder of both halves import only what stands before it in both', () => {
    expect(allowedParts('judge')).toEqual(['errors', 'units', 'domain', 'judge']);
  });
});
