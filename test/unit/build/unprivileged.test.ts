import { describe, expect, it } from 'vitest';
import { unprivileged, unprivilegedBuildVariable } from '../../../src/build/unprivileged.js';

describe('compiling without capabilities', () => {
  const command = ['clang-19', '-c', 'a b.c'] as const;

  it('leaves a command as it is outside of a container of our own', () => {
    expect(unprivileged(command, {})).toEqual(command);
    expect(unprivileged(command, { [unprivilegedBuildVariable]: '0' })).toEqual(command);
  });

  it('puts the words in front that drop them, and keeps those of the command', () => {
    const words = unprivileged(command, { [unprivilegedBuildVariable]: '1' });
    expect(words.slice(0, 3)).toEqual(['capsh', '--no-new-privs', '--caps=']);
    expect(words.slice(-3)).toEqual(command);
  });
});
