import { closeSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, type Ending, type StartOptions } from '../../helpers/command-line.js';
import { openEngine, programsFolder } from '../../helpers/engine.js';
import { available } from '../../helpers/require.js';

describe.skipIf(!available('kernel'))('a planted fault', () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'kfaas-faults-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  const quick = ['--rounds', '2', '--iterations', '100'];

  function run(source: string, args: readonly string[] = [], options?: StartOptions): Promise<Ending> {
    return runCommand(['run', source, ...quick, ...args], options);
  }

  /** Its exit code, what is wrong, and a remedy; and nothing is left behind. */
  function expectFault(ending: Ending, code: number, message: RegExp, remedy: RegExp): void {
    const text = `${ending.stdout}${ending.stderr}`;
    expect(text).toMatch(message);
    const remedies = text.split('\n').filter((line) => line.trimStart().startsWith('→'));
    expect(remedies, text).toHaveLength(1);
    expect(remedies[0]).toMatch(remedy);
    expect(ending.leftovers).toEqual([]);
    expect({ code: ending.code, signal: ending.signal }).toEqual({ code, signal: null });
    expect(text, 'no figures without proof').not.toMatch(/execution time/);
    expect(text, 'a fault of the user is no defect of ours').not.toMatch(/unexpected|defect/);
  }

  describe.concurrent('in the program', () => {
    it.each([
      [
        'a twin that computes something else',
        'twin_differs.bpf.c',
        'twin_differs',
        4,
        /0x0000006a in the kernel, 0x00000069 in user/,
        /#ifdef/,
      ],
      [
        'a twin that writes something else',
        'twin_differs.bpf.c',
        'twin_writes',
        4,
        /at byte 3: 40.* in the kernel, 41/,
        /same/,
      ],
      ['a twin that crashes', 'crashes.bpf.c', 'strays', 4, /died \(SIGSEGV\)/, /wild pointers/],
      [
        'a result that changes on the way',
        'restless.bpf.c',
        'late_in_kernel',
        4,
        /did not give the proved result/,
        /state/,
      ],
      [
        'a result that changes on the way in user space',
        'restless.bpf.c',
        'late_in_user_space',
        4,
        /only \d+ of \d+ runs gave the proved result/,
        /state/,
      ],
      [
        'a verifier rejection',
        'rejected/packet_bounds.bpf.c',
        'packet_bounds',
        1,
        /the verifier rejects it.*outside of the packet/,
        /whole log is in/,
      ],
      [
        'a syntax error',
        'broken/syntax.bpf.c',
        'broken',
        1,
        /syntax\.bpf\.c:6:17: error: expected ';'/,
        /mend the source/,
      ],
      [
        'a header that is not there',
        'broken/missing_header.bpf.c',
        'broken',
        1,
        /'nowhere\/tuple\.h' file not found/,
        /--cflag=-I/,
      ],
      [
        'a function that nobody defines, where a threshold asks for it',
        'broken/undefined_in_user_space.bpf.c',
        'broken',
        1,
        /cannot run in user space: the function nowhere, which is not defined/,
        /remove `threshold`/,
        ['--threshold', '2', '--twin', 'native'],
      ],
      [
        'one that does not settle on its input',
        'restless.bpf.c',
        'counts',
        4,
        /gives something else each time, and does not settle/,
        /give inputs on which it settles/,
      ],
      [
        'a type that the kernel runs no tests of, on a packet of its own',
        'unsupported_type.bpf.c',
        'on_device_map',
        2,
        /the kernel does not run it/,
        /SEC\("xdp"\)/,
        ['--packet', '00'.repeat(64)],
      ],
    ] as [string, string, string, number, RegExp, RegExp, string[]?][])(
      '%s',
      async (_, source, program, code, message, remedy, more = []) => {
        expectFault(await run(source, ['--program', program, ...more]), code, message, remedy);
      },
    );

    it.each([
      [
        'has no user-space side',
        'broken/undefined_in_user_space.bpf.c',
        'broken',
        /measured the kernel alone: .*nowhere/,
      ],
      [
        'is of a type without packets',
        'unsupported_type.bpf.c',
        'on_sleep',
        /measured the figures of the load alone: .*kprobe/,
      ],
    ])('none, where nothing asks for more than what there is of one that %s', async (_, source, program, line) => {
      const { code, stdout } = await run(source, ['--program', program, '--twin', 'native']);
      expect(stdout).toMatch(line);
      expect(code).toBe(0);
    });

    it('two of them and none named: they are listed', async () => {
      expectFault(await run('every_type.bpf.c'), 2, /4 programs are in it/, /choose .*on_xdp \(xdp\), on_tc \(tc\)/);
    });

    it('a name that it does not have', async () => {
      expectFault(
        await run('every_type.bpf.c', ['--program', 'on_xpd']),
        2,
        /no program named on_xpd/,
        /on_xdp \(xdp\)/,
      );
    });
  });

  describe.concurrent('in the input', () => {
    const packet = (program: string, hex: string) => run('every_type.bpf.c', ['--program', program, '--packet', hex]);

    it('too short for a packet', async () => {
      expectFault(await packet('on_xdp', '0a0b0c'), 2, /has 3 bytes, which a xdp program/, /14 to 3520 bytes/);
    });

    it('too short for what a syscall program reads', async () => {
      expectFault(await packet('on_syscall', '0200000003000000'), 2, /of 8 bytes/, /as long as the context/);
    });

    it('longer than a page', async () => {
      const file = path.join(scratch, 'jumbo.bin');
      writeFileSync(file, Buffer.alloc(9000, 1));
      expectFault(await packet('on_tc', file), 2, /jumbo\.bin has 9000 bytes/, /14 to 3520 bytes/);
      expectFault(await packet('on_syscall', file), 2, /jumbo\.bin has 9000 bytes/, /0 to 4092 bytes/);
    });
  });

  describe.concurrent('on the command line', () => {
    it.each(['0', '-1', '1e12', 'abc', '1.5', ''])('iterations of %j', async (iterations) => {
      const ending = await runCommand(['run', 'proprietary.bpf.c', `--iterations=${iterations}`]);
      expectFault(ending, 2, new RegExp(`--iterations.*\`${iterations}\``), /1.*1,?000,?000,?000/);
    });

    it('a file that is not there', async () => {
      expectFault(await run('gone.bpf.c'), 2, /gone\.bpf\.c.*does not exist/, /paths start at/);
    });
  });

  describe.concurrent('of the machine', () => {
    it('no clang anywhere', async () => {
      const environment = { PATH: scratch, CLANG: '' };
      expectFault(await run('proprietary.bpf.c', [], { environment }), 3, /no clang was found/, /install one of clang/);
    });

    it('no clang where CLANG says', async () => {
      const environment = { CLANG: '/nonexistent/clang' };
      const ending = await run('proprietary.bpf.c', [], { environment });
      expectFault(ending, 3, /CLANG=\/nonexistent\/clang cannot be run/, /unset CLANG/);
    });

    it.each([
      ['root without capabilities', ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all']],
      ['root of a user namespace', ['unshare', '--user', '--map-root-user']],
    ])('bpf(2) not permitted: %s', async (_, wrapper) => {
      const ending = await run('proprietary.bpf.c', [], { wrapper });
      expectFault(ending, 3, /bpf\(2\) is not permitted here \(EPERM\)/, /run as root/);
    });
  });

  it('of the machine: somebody else counts the runs all the time', async () => {
    const engine = await openEngine();
    const statistics = engine.libbpf.enableRunStatistics();
    try {
      expectFault(await run('proprietary.bpf.c'), 3, /run statistics are on/, /bpf_stats_enabled=0/);
    } finally {
      closeSync(statistics);
      engine.close();
    }
  });

  it('is told as JSON where that was asked for, and as text on standard error at the most', async () => {
    const ending = await run('twin_differs.bpf.c', ['--program', 'twin_differs', '--json']);
    expect(ending.code).toBe(4);
    expect(() => JSON.parse(ending.stdout) as unknown).not.toThrow();
    expect(ending.stdout).toContain('the two sides disagree');
  });

  it('of one benchmark does not hide the figures of the others', async () => {
    const ending = await runCommand(['run', 'proprietary.bpf.c', 'rejected/endless.bpf.c', ...quick]);
    expect(ending.code).toBe(1);
    expect(ending.stdout).toMatch(/infinite loop/);
    expect(ending.stdout).toMatch(/Kernel-space execution time/);
    expect(ending.leftovers).toEqual([]);
  });

  it.each([
    ['an absolute path', (file: string) => file],
    ['a relative path', (file: string) => path.relative(scratch, file)],
  ])("is none: a file of nobody's tree, run from another folder, by %s", async (_, named) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kfaas filters '));
    const file = path.join(folder, 'größe.bpf.c');
    cpSync(path.join(programsFolder, 'proprietary.bpf.c'), file);
    const ending = await run(named(file), [], { folder: scratch });
    rmSync(folder, { recursive: true });
    expect(ending).toMatchObject({ code: 0, signal: null, leftovers: [] });
    expect(ending.stdout).toMatch(/^User-space execution time/);
    expect(ending.stdout).toMatch(/proof +ran 100 of 100 in the kernel/);
  });
});
