import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveToOwner, makeOutputFolder, outputName, removeUnused, writeRecord } from '../../../src/github/workspace.js';
import { sampleRun } from '../../helpers/verdicts.js';

const { record } = sampleRun();

let workspace: string;
let outside: string;
beforeEach(() => {
  [workspace, outside] = ['workspace', 'outside'].map((name) => mkdtempSync(path.join(tmpdir(), `kfaas-${name}-`))) as [
    string,
    string,
  ];
});
afterEach(() => {
  for (const folder of [workspace, outside]) rmSync(folder, { recursive: true });
});

describe('the output folder', () => {
  it('holds the record, and Git does not see it', () => {
    const folder = makeOutputFolder(workspace, '');
    expect(folder).toBe(path.join(workspace, outputName));
    expect(JSON.parse(readFileSync(writeRecord(folder, record), 'utf8'))).toEqual(record);
    expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is another for each step of a job', () => {
    writeRecord(makeOutputFolder(workspace, ''), record);
    const second = makeOutputFolder(workspace, '2');
    expect(second).toBe(path.join(workspace, outputName, '2'));
    expect(existsSync(path.join(workspace, outputName, 'record.json'))).toBe(true);
  });

  it('forgets the record of an earlier run', () => {
    const file = writeRecord(makeOutputFolder(workspace, ''), record);
    makeOutputFolder(workspace, '');
    expect(existsSync(file)).toBe(false);
  });

  it('refuses a link where its folder should be', () => {
    symlinkSync(outside, path.join(workspace, outputName));
    expect(() => makeOutputFolder(workspace, '')).toThrow(/cannot be made/);
    expect(existsSync(path.join(outside, '.gitignore'))).toBe(false);
  });

  it('writes through no link', () => {
    const [victim, other] = ['victim', 'other'].map((name) => path.join(outside, name)) as [string, string];
    writeFileSync(victim, 'precious');
    const folder = makeOutputFolder(workspace, '');
    symlinkSync(victim, path.join(folder, 'record.json'));
    symlinkSync(other, path.join(folder, 'record.json.new'));
    const file = writeRecord(folder, record);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(existsSync(other)).toBe(false);
    expect(lstatSync(file).isFile()).toBe(true);
  });

  it('is gone again where nothing was left in it', () => {
    const folder = makeOutputFolder(workspace, '');
    removeUnused(folder);
    expect(existsSync(folder)).toBe(false);
    writeRecord(makeOutputFolder(workspace, ''), record);
    removeUnused(folder);
    expect(existsSync(folder)).toBe(true);
  });
});

describe.skipIf(process.getuid?.() !== 0)('giveToOwner', () => {
  it('gives everything to whom the workspace belongs, links and not what they lead to', () => {
    chownSync(workspace, 12_345, 54_321);
    const victim = path.join(outside, 'victim');
    writeFileSync(victim, '');
    const folder = makeOutputFolder(workspace, '2');
    mkdirSync(path.join(folder, 'logs'));
    symlinkSync(victim, path.join(folder, 'logs/link'));
    giveToOwner(workspace, path.join(workspace, outputName));
    for (const name of ['', '.gitignore', '2', '2/logs', '2/logs/link']) {
      const { uid, gid } = lstatSync(path.join(workspace, outputName, name));
      expect([name, uid, gid]).toEqual([name, 12_345, 54_321]);
    }
    expect(statSync(victim).uid).toBe(0);
  });

  it('has nothing to do where there is nothing', () => {
    expect(() => giveToOwner(workspace, path.join(workspace, 'absent'))).not.toThrow();
  });
});
