import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failureOf } from '../../../src/errors.js';
import { readSavedRecord } from '../../../src/inputs/saved-record.js';
import { sampleRun } from '../../helpers/verdicts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kfaas-saved-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const { record } = sampleRun();

function read(content: string) {
  writeFileSync(path.join(folder, 'saved.json'), content);
  return readSavedRecord({ name: '--base', text: 'saved.json' }, folder);
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    const { kind, message, remedy } = failureOf(thrown);
    expect([kind, remedy]).toEqual(['usage', expect.stringMatching(/^give a file that/)]);
    return message;
  }
  throw new Error('it was taken');
}

it('reads a record, from the working directory', () => {
  expect(read(JSON.stringify(record))).toEqual(record);
});

it.each([
  ['{', /^--base is `saved\.json`, which is not JSON: /],
  ['{}', /^--base is `saved\.json`, which is no record of version 1: schema: /],
  [JSON.stringify({ ...record, version: 2 }), /, which is a record of version 2, and this tool knows version 1$/],
  [
    JSON.stringify({ ...record, measurement: { ...record.measurement, seed: -1 } }),
    /no record of version 1: measurement: seed: /,
  ],
])('refuses %.20s…', (content, message) => {
  expect(refusal(() => read(content))).toMatch(message);
});

it('refuses what is not there, not a file, or too large to be one', () => {
  const readFrom = (text: string) => () => readSavedRecord({ name: '--base', text }, folder);
  expect(refusal(readFrom('none.json'))).toBe('--base is `none.json`, which does not exist');
  expect(refusal(readFrom('.'))).toBe('--base is `.`, which is not a file that can be read');
  read(JSON.stringify(record));
  truncateSync(path.join(folder, 'saved.json'), 300 * 1024 ** 2); // sparse
  expect(refusal(readFrom('saved.json'))).toBe('--base is `saved.json`, which has 300.0 MiB, more than 256.0 MiB');
});
