import { describe, expect, it } from 'vitest';
import { mayLoadBpf } from '../../../src/places/privilege.js';

const status = (effective: string) => `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\n`;
const first = '         0          0 4294967295\n';

describe('who may load BPF', () => {
  it.each([
    ['root', '000001ffffffffff', first, true],
    ['a container with SYS_ADMIN', '00000000a82425fb', first, true],
    ['a default container', '00000000a80425fb', first, false],
    ['a user', '0000000000000000', first, false],
    ['CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, which cannot turn statistics on', '000000c000001000', first, false],
    ['root of a rootless container', '000001ffffffffff', '         0       1000          1\n', false],
    ['root of a remapped container', '000001ffffffffff', '         0     100000      65536\n', false],
  ])('%s', (_who, effective, uidMap, expected) => {
    expect(mayLoadBpf(status(effective), uidMap)).toBe(expected);
  });

  it('reads nothing into a text without capabilities', () => {
    expect(mayLoadBpf('', first)).toBe(false);
  });
});
