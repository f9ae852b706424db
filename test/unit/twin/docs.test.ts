import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { programTypes } from '../../../src/domain/words.js';
import { programTypeFacts } from '../../../src/load/program-types.js';
import { helperNumber } from '../../../src/twin/helpers.js';
import { supportedMapKinds } from '../../../src/twin/map-kinds.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(path.join(root, 'docs/two-sides.md'), 'utf8');

const runtime = path.join(root, 'bpf/runtime');

/** What the sources of the run time define by a macro. */
function defined(macro: string): string[] {
  const sources = readdirSync(runtime).map((file) => readFileSync(path.join(runtime, file), 'utf8'));
  return sources.flatMap((text) =>
    [...text.matchAll(new RegExp(`^${macro}\\((\\w+)\\)`, 'gm'))].map(([, name]) => name!),
  );
}

function listed(head: string): { count: number; names: string[] } {
  const [, count, list = ''] =
    new RegExp(`^${head}.*?, (\\d+) of them.*\\n\\n\`\`\`\\n([^\`]*)\`\`\``, 'm').exec(page) ?? [];
  return { count: Number(count), names: list.trim().split(/\s+/) };
}

describe('docs/two-sides.md', () => {
  it('lists the helpers that bpf/runtime has', () => {
    const all = [...defined('HELPER'), 'tail_call'].sort();
    expect(all.map(helperNumber).every((number) => number > 0)).toBe(true);
    expect(listed('Helpers')).toEqual({ count: all.length, names: all });
  });

  it("lists the functions of the kernel's own that bpf/runtime has", () => {
    const all = defined('KFUNC').sort();
    expect(listed("Functions of the kernel's own")).toEqual({ count: all.length, names: all });
  });

  it('lists the program types, with what their inputs are', () => {
    const yes = { xdp: 'yes', skb: 'yes', raw: 'yes' };
    const places = { ...yes, socket: 'yes, behind the Ethernet header', flow: 'yes, its output is its keys' };
    const rows = Object.entries(programTypeFacts).map(([type, { section, minInputBytes, maxInputBytes, context }]) => {
      const bytes = [minInputBytes, maxInputBytes].map((count) => count.toLocaleString('en-US')).join(' to ');
      return `| ${type} | \`SEC("${section}")\` | ${bytes} | ${context === undefined ? 'no' : places[context]} |`;
    });
    const [, table = ''] = /^\| type \| section .*\n\|[-|:]*\|\n((?:\|.*\n)*)/m.exec(page) ?? [];
    expect(table.trim().split('\n').sort()).toEqual(rows.sort());
    expect(Object.keys(programTypeFacts).sort()).toEqual([...programTypes].sort());
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
