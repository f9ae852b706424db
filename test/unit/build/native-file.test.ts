import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeFileInTree } from '../../../src/build/native-file.js';
import { elfHeader } from '../../helpers/elf.js';
import { failureFrom } from '../../helpers/failure.js';

const [EM_X86_64, EM_AARCH64, EM_BPF] = [62, 183, 247];

describe('what a project compiled for this machine itself', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kfaas-native-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function give(name: string, bytes: Buffer): string {
    writeFileSync(path.join(folder, name), bytes);
    return name;
  }

  function elf(machine: number, type: number): Buffer {
    const header = elfHeader(machine);
    header.writeUInt16LE(type, 16);
    return header;
  }

  it('may be a static library or a relocatable object', () => {
    for (const name of [give('a.a', Buffer.from('!<arch>\n/')), give('a.o', elf(EM_X86_64, 1))]) {
      expect(nativeFileInTree(folder, name, 'x64')).toBe(path.join(folder, name));
    }
    expect(nativeFileInTree(folder, give('arm.o', elf(EM_AARCH64, 1)), 'arm64')).toContain('arm.o');
  });

  it.each([
    ['a shared library', elf(EM_X86_64, 3), 'is linked already'],
    ['another machine', elf(EM_AARCH64, 1), 'another machine'],
    ['eBPF', elf(EM_BPF, 1), 'another machine'],
    ['text', Buffer.from('int f;'), 'is neither'],
  ])('may not be %s', (_, bytes, problem) => {
    const failure = failureFrom(() => nativeFileInTree(folder, give('x', bytes), 'x64'));
    expect(failure.kind).toBe('build');
    expect(failure.message).toMatch(new RegExp(`^native x .*${problem}`));
    expect(failure.remedy).toContain('staticlib');
  });

  it('has to be there', () => {
    expect(failureFrom(() => nativeFileInTree(folder, 'none.a')).message).toContain('none.a does not exist');
  });
});
