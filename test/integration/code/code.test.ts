/** Code of programs that the kernel here has loaded. */
import { arch } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeFunction } from '../../../src/code/code.js';
import { codeDifference } from '../../../src/code/difference.js';
import { bpfCode, isUnseen, machineCode } from '../../../src/code/read.js';
import { kernelSymbols } from '../../../src/code/symbols.js';
import { loadTwinned } from '../../../src/twin/object.js';
import { available } from '../../helpers/require.js';
import { openTwinBench, type TwinBench } from '../../helpers/twin.js';

const symbols = kernelSymbols();

describe.skipIf(!available('kernel'))('the code of a loaded program', () => {
  let bench: TwinBench;
  beforeAll(async () => {
    bench = await openTwinBench();
  });
  afterAll(() => bench.close());

  async function codeOf(kind: 'machine' | 'bpf', source: string, name: string, cflags: string[] = []) {
    const { libbpf, workshop } = bench.engine;
    const loaded = loadTwinned(libbpf, await bench.object(source, cflags), name);
    try {
      const of = { fd: loaded.programs[0]!.fd, name };
      const code =
        kind === 'bpf' ? bpfCode(libbpf, symbols, of) : machineCode(libbpf, workshop.toolchain.clang, symbols, of);
      if (isUnseen(code)) throw new Error(code.unseen);
      return code;
    } finally {
      loaded.close();
    }
  }

  const text = (code: readonly CodeFunction[]) => code.map(({ lines }) => lines.map((line) => line.text).join('\n'));

  it('has the functions of the source, in the kernel’s notation', async () => {
    const code = await codeOf('bpf', 'counted.bpf.c', 'lines');
    expect(code.map(({ name }) => name)).toEqual(['lines', 'doubled']);
    expect(text(code)[0]).toContain('call doubled');
    expect(text(code)[1]).toBe('w0 = w1\nw0 <<= 1\nexit');
  });

  it('names helpers and hides which map it is', async () => {
    const [first, second] = [
      await codeOf('bpf', 'counting.bpf.c', 'counting'),
      await codeOf('bpf', 'counting.bpf.c', 'counting'),
    ];
    expect(text(first)[0]).toMatch(/^call \w*htab\w*$/m);
    expect(codeDifference(first, second)).toEqual([]);
  });

  describe.skipIf(arch !== 'x64')('as machine code', () => {
    it('is the same for each load of a program, wherever it lies', async () => {
      const [first, second] = [
        await codeOf('machine', 'counting.bpf.c', 'counting'),
        await codeOf('machine', 'counting.bpf.c', 'counting'),
      ];
      expect(text(first)[0]).toContain('<address>');
      expect(codeDifference(first, second)).toEqual([]);
    });

    it('differs where an instruction was added, and only there', async () => {
      const base = await codeOf('machine', 'counted.bpf.c', 'lines');
      const head = await codeOf('machine', 'counted.bpf.c', 'lines', ['-DMORE']);
      const [difference, ...others] = codeDifference(base, head);
      expect(others).toEqual([]);
      expect(difference).toMatchObject({ name: 'lines', head: difference!.base + 1 });
      const changed = difference!.lines.filter((line) => /^[-+]/.test(line));
      expect(changed).toEqual([expect.stringMatching(/^\+mov\w* \$0x7, ?%r8d$/)]);
    });
  });
});
