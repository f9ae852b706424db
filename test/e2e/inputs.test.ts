import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startGithub } from '../helpers/e2e-github.js';
import { add, quick } from '../helpers/e2e-programs.js';
import { runStep } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';
import { commandsObeyed } from '../helpers/runner-log.js';

const source = 'bpf/add.bpf.c';

describe.skipIf(!available('docker'))('an input of the action', () => {
  it.each<[string, Record<string, string>, (string | RegExp)[]]>([
    [
      'compare-with',
      { 'compare-with': 'syscal' },
      ['`syscal`', 'did you mean `syscall`', '`call`, `syscall` or `wakeup`'],
    ],
    ['threshold', { threshold: '5x' }, ['`5x`', 'a number above 0', 'without a unit']],
    ['threshold', { threshold: '-1' }, ['`-1`', 'a number above 0']],
    ['iterations', { iterations: '1e12' }, ['`1e12`', 'a whole number from 1 to 1,000,000,000']],
    ['time-limit', { 'time-limit': '0' }, ['`0`', 'a number above 0']],
    ['comment', { comment: 'sometimes' }, ['`sometimes`', '`always`, `on-change`, `on-failure` or `never`']],
    ['fail-on-inconclusive', { 'fail-on-inconclusive': 'yes' }, ['`yes`', '`true` or `false`']],
    ['treshold', { treshold: '5' }, ['unknown', '`5`', 'did you mean `threshold`', '`compare-with`']],
    ['source', { source: 'bpf/ad.bpf.c' }, ['`bpf/ad.bpf.c`', 'does not exist', 'give C source or an eBPF object']],
    ['config', { source: '', packet: '', config: 'bench.yml' }, ['`bench.yml`', 'not a file', 'give a config file']],
    ['packet', { packet: 'udp.bin' }, ['`udp.bin`', 'neither a file', 'hex digits']],
    ['working-directory', { 'working-directory': 'src' }, ['`src`', 'does not exist', 'give a folder']],
  ])('%s is refused where it is %o', async (name, wrong, said) => {
    const step = { files: add, with: { ...quick, source, ...wrong } };
    const { exitCode, lines, log, outputs, summary, folders } = await runStep(step);
    expect(exitCode, log).toBe(2);
    const [error, ...more] = commandsObeyed(lines).filter(({ command }) => command === 'error');
    expect(more).toEqual([]);
    for (const part of [`input ${name}`, ...said]) {
      expect(error?.message).toContain(part);
    }
    expect(summary).toContain(name);
    expect(outputs).toEqual({ verdict: 'inconclusive', results: '[]' });
    expect(readdirSync(folders.workspace)).toEqual(['bpf']);
  });

  it('that is wrong is told in no comment, since nothing is known of what to comment', async () => {
    const github = await startGithub();
    await runStep({ github, files: add, with: { source, comment: 'sometimes' } });
    expect(github.calls()).toEqual([]);
  });
});
