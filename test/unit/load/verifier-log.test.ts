import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readVerifierLog, readVerifierStatistics } from '../../../src/load/verifier-log.js';

/** What a kernel said, from test/fixtures/verifier-logs. */
function log(name: string): string {
  return readFileSync(new URL(`../../fixtures/verifier-logs/${name}.log`, import.meta.url), 'utf8');
}

/** As kernels before 6.9 write it: source lines without their places. */
function withoutPlaces(text: string): string {
  return text.replaceAll(/ @ \S+:\d+$/gm, '');
}

const complaints = [
  {
    name: 'packet_bounds',
    message: 'R1 offset is outside of the packet',
    source: 'return data[0];',
    location: { file: 'packet_bounds.bpf.c', line: 9 },
  },
  {
    name: 'endless',
    message: 'infinite loop detected at insn 2',
    source: 'while (skb->mark != 7)',
    location: { file: 'endless.bpf.c', line: 6 },
  },
  {
    name: 'too_long',
    message: 'BPF program is too large. Processed 1000001 insn',
    source: 'for (__u32 i = 0; i < skb->len; i++)',
    location: { file: 'too_long.bpf.c', line: 9 },
  },
  {
    name: 'uninitialised',
    message: 'R7 !read_ok',
    source: 'asm volatile("%0 = r7" : "=r"(value));',
    location: { file: 'uninitialised.bpf.c', line: 9 },
  },
  {
    name: 'wrong_helper',
    message: 'program of this type cannot use helper bpf_redirect#23',
    source: 'return bpf_redirect(1, 0);',
    location: { file: 'wrong_helper.bpf.c', line: 6 },
  },
  {
    name: 'map_value',
    message: 'R0 unbounded memory access, make sure to bounds check any such access',
    source: 'return count[skb->len];',
    location: { file: 'map_value.bpf.c', line: 18 },
  },
  {
    name: 'in_header',
    message: 'R1 offset is outside of the packet',
    source: 'return data[0];',
    location: { file: 'first_byte.h', line: 5 },
  },
  {
    name: 'in_subprogram',
    message: "R1 invalid mem access 'scalar'",
    source: 'return lost->len;',
    location: { file: 'in_subprogram.bpf.c', line: 7 },
  },
] as const;

describe("a verifier's log", () => {
  it.each(complaints)('of $name: its complaint, the source line and its place', (complaint) => {
    const { message, source, location, context } = readVerifierLog(log(complaint.name));
    expect({ message, source, location }).toEqual({
      message: complaint.message,
      source: complaint.source,
      location: complaint.location,
    });
    expect(context.at(-1)).toBe(complaint.message);
  });

  it.each(complaints)('of $name, by an older kernel: the same without the place', (complaint) => {
    const { message, source, location } = readVerifierLog(withoutPlaces(log(complaint.name)));
    expect(message).toBe(complaint.message);
    expect(source).toBe(complaint.source);
    expect(location).toBeUndefined();
  });

  it('without source lines is read as well', () => {
    expect(readVerifierLog(log('no_return_value'))).toEqual({
      message: 'R0 !read_ok',
      context: ['0: R1=ctx() R10=fp0', '0: (95) exit', 'R0 !read_ok'],
      omittedLines: 1,
    });
  });

  it('is shown by its last eight lines, and by the number of those left out', () => {
    const text = log('map_value');
    const { context, omittedLines } = readVerifierLog(text);
    expect(context).toHaveLength(8);
    expect(context.length + omittedLines).toBe(text.trimEnd().split('\n').length);
    expect(text).toContain(context.join('\n'));
  });

  it('may end in the zeros of its buffer', () => {
    expect(readVerifierLog(`${log('packet_bounds')}${'\0'.repeat(100)}`)).toEqual(
      readVerifierLog(log('packet_bounds')),
    );
  });

  it('may be empty', () => {
    expect(readVerifierLog('')).toEqual({ message: '', context: [], omittedLines: 0 });
  });

  it('keeps an @ of the source', () => {
    const { source, location } = readVerifierLog('; char at = "a @ b:1"[i]; @ mail.bpf.c:12\nR1 !read_ok\n');
    expect(source).toBe('char at = "a @ b:1"[i];');
    expect(location).toEqual({ file: 'mail.bpf.c', line: 12 });
  });
});

describe("the verifier's statistics", () => {
  it('are the instructions that it walked and the stack of all functions', () => {
    const text =
      'verification time 118 usec\nstack depth 32+0+8\nprocessed 412 insns (limit 1000000) max_states_per_insn 1\n';
    expect(readVerifierStatistics(text)).toEqual({ verifiedInsns: 412, stackBytes: 40 });
  });

  it('are left out where a kernel does not print them', () => {
    expect(readVerifierStatistics('')).toEqual({});
    expect(readVerifierStatistics(log('wrong_helper'))).toEqual({ verifiedInsns: 3, states: 0 });
  });
});
