import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileFailure, linkFailure } from '../../../src/build/diagnostics.js';

/** What clang 19, GNU ld and lld printed. */
function output(name: string): string {
  return readFileSync(new URL(`../../fixtures/compiler-output/${name}.txt`, import.meta.url), 'utf8');
}

describe('what clang prints', () => {
  it('of a syntax error becomes its message and its place, with the whole of it as detail', () => {
    const { failure } = compileFailure('syntax.bpf.c', 'bpf', output('syntax'));
    expect(failure).toEqual({
      kind: 'build',
      message: "syntax.bpf.c does not compile for the kernel (-target bpf): expected ';' after return statement",
      remedy: 'mend the source where clang points',
      detail: output('syntax').trim(),
      location: { file: 'syntax.bpf.c', line: 6, column: 17 },
    });
  });

  it('of an error in a header points to the header, by a path as the user would write it', () => {
    const { failure } = compileFailure('includes_broken.bpf.c', 'native', output('includes_broken'));
    expect(failure.message).toBe(
      "includes_broken.bpf.c does not compile for user space: no member named 'no_such_field' in 'struct __sk_buff'",
    );
    expect(failure.location).toEqual({ file: 'broken.h', line: 3, column: 14 });
  });

  it("of a missing header of the user's asks for its folder", () => {
    const { failure } = compileFailure('missing_header.bpf.c', 'bpf', output('missing_header'));
    expect(failure.message).toContain("'nowhere/tuple.h' file not found");
    expect(failure.remedy).toContain('--cflag=-I');
    expect(failure.location).toEqual({ file: 'missing_header.bpf.c', line: 2, column: 10 });
  });

  it("of a missing header of the system's names the packages", () => {
    expect(compileFailure('syntax.bpf.c', 'bpf', output('no_kernel_headers')).failure.remedy).toContain(
      'apt-get install',
    );
  });

  it('of a flag that it does not know blames the flags', () => {
    const { message, remedy, location } = compileFailure('syntax.bpf.c', 'bpf', output('unknown_flag')).failure;
    expect(message).toContain("unknown argument: '-frobnicate'");
    expect(remedy).toContain('--cflag');
    expect(location).toEqual({ file: 'syntax.bpf.c' });
  });

  it('may be nothing at all, as when it was killed', () => {
    expect(compileFailure('a.bpf.c', 'bpf', '').failure.message).toBe(
      'a.bpf.c does not compile for the kernel (-target bpf): clang gave no reason',
    );
  });
});

describe('what the linker prints of an undefined symbol', () => {
  it.each(['bfd_2_44', 'bfd', 'lld'])('becomes its name and the place that needs it (%s)', (linker) => {
    const { failure } = linkFailure('broken', output(`undefined_symbol.${linker}`));
    expect(failure.kind).toBe('build');
    expect(failure.message).toBe('broken does not link for user space: nowhere is not defined');
    expect(failure.remedy).toContain('define in its source');
    expect(failure.location).toEqual({ file: '/home/ana/filter/undefined_in_user_space.bpf.c', line: 11 });
  });

  it('becomes its name alone where there is no debug information', () => {
    const { message, location } = linkFailure('broken', output('undefined_symbol.no_debug')).failure;
    expect(message).toContain('nowhere is not defined');
    expect(location).toBeUndefined();
  });

  it('may be nothing at all', () => {
    expect(linkFailure('broken', '').failure.message).toBe(
      'broken does not link for user space: the linker gave no reason',
    );
  });
});
