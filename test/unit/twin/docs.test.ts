import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { helperNumber } from '../../../src/twin/helpers.js';
import { supportedMapKinds } from '../../../src/twin/map-kinds.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(path.join(root, 'docs/two-sides.md'), 'utf8');

describe('docs/two-sides.md', () => {
  it('lists the helpers that bpf/runtime has', () => {
    const runtime = path.join(root, 'bpf/runtime');
    const sources = readdirSync(runtime).map((file) => readFileSync(path.join(runtime, file), 'utf8'));
    const defined = sources.flatMap((text) => [...text.matchAll(/^HELPER\((\w+)\)/gm)].map(([, name]) => name!));
    const all = [...defined, 'tail_call'].sort();
    expect(all.map(helperNumber).every((number) => number > 0)).toBe(true);
    const [, count, list = ''] = /^Helpers, (\d+) of them.*\n\n```\n([^`]*)```/m.exec(page) ?? [];
    expect(list.trim().split(/\s+/)).toEqual(all);
    expect(Number(count)).toBe(all.length);
  });

  it('lists the kinds of maps, by whether all that they hold is compared', () => {
    const compared = (kind: (typeof kinds)[number]) =>
      ['array', 'keys'].includes(kind.elements) && kind.forgets !== true;
    const kinds = supportedMapKinds();
    const row = (head: string): string[] =>
      new RegExp(`^\\| ${head} \\|([^|]*)\\|`, 'm')
        .exec(page)?.[1]
        ?.split(',')
        .map((name) => name.trim()) ?? [];
    expect(row('kept and compared')).toEqual(kinds.filter(compared).map(({ name }) => name));
    expect(row('kept, not compared in whole')).toEqual(kinds.filter((kind) => !compared(kind)).map(({ name }) => name));
  });
});
