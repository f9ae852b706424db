import {
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveOutput } from '../../../src/places/output.js';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-output-'));
  for (const name of ['worker/output', 'here']) mkdirSync(path.join(scratch, name), { recursive: true });
});
afterEach(() => rmSync(scratch, { recursive: true }));

const made = (name: string) => path.join(scratch, 'worker/output', name);
const saved = (name: string) => path.join(scratch, 'here', name);
const archive = () => create({ cwd: path.join(scratch, 'worker') }, ['output']) as unknown as Readable;

describe("the worker's output", () => {
  it('is unpacked without the name of its folder', async () => {
    mkdirSync(made('logs'));
    writeFileSync(made('logs/verifier.log'), 'R1 !read_ok');
    await saveOutput(archive(), path.join(scratch, 'here'));
    expect(readFileSync(saved('logs/verifier.log'), 'utf8')).toBe('R1 !read_ok');
  });

  it('is plain files and folders: no links', async () => {
    writeFileSync(made('log'), '');
    symlinkSync('/etc/passwd', made('link'));
    await saveOutput(archive(), path.join(scratch, 'here'));
    expect(readdirSync(path.join(scratch, 'here'))).toEqual(['log']);
  });

  it('carries no set-uid bits', async () => {
    writeFileSync(made('tool'), '', { mode: 0o4755 });
    await saveOutput(archive(), path.join(scratch, 'here'));
    expect(statSync(saved('tool')).mode & 0o7000).toBe(0);
  });

  it('is bounded', async () => {
    writeFileSync(made('log'), 'x'.repeat(100_000));
    await expect(saveOutput(archive(), path.join(scratch, 'here'), 50_000)).rejects.toThrow('more than 50000 bytes');
  });
});
