import { closeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programTypes, type ProgramType } from '../../../src/domain/words.js';
import { empty } from '../../../src/load/instructions.js';
import { Errno } from '../../../src/load/libbpf.js';
import { programTypeFacts } from '../../../src/load/program-types.js';
import { openEngine, type Engine } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('what is known of the program types', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  function withProgram<T>(type: ProgramType, use: (fd: number) => T): T {
    const { kernelType, expectedAttachType, flags } = programTypeFacts[type];
    const fd = engine.libbpf.loadPlain({ type: kernelType, expectedAttachType, flags, insns: empty(0) });
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  function runOn(fd: number, bytes: number): number | string {
    try {
      return engine.libbpf.testRun({ fd, repeat: 2, dataIn: Buffer.alloc(bytes) }).retval;
    } catch (error) {
      return error instanceof Errno ? error.code : String(error);
    }
  }

  const ofPackets = programTypes.filter((type) => type !== 'syscall');

  it.each(ofPackets)('is what the kernel makes of their inputs: %s', (type) => {
    const { minInputBytes, maxInputBytes } = programTypeFacts[type];
    withProgram(type, (fd) => {
      expect([runOn(fd, minInputBytes), runOn(fd, maxInputBytes)]).toEqual([0, 0]);
      expect(runOn(fd, 13)).toBe('EINVAL');
    });
  });
});
