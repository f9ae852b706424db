import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotationsOf, failureAnnotation, programLine, type SourceTree } from '../../../src/github/annotations.js';
import type { Failure } from '../../../src/errors.js';
import { sampleRun, type SampleBenchmark } from '../../helpers/verdicts.js';

const source = `// fnv1a(x) in a comment
static int helper(void) { return 0; }

SEC("tc")
int fnv1a(struct __sk_buff *skb)
{
	return helper();
}

SEC("xdp") int
other(struct xdp_md *ctx) { return 2; }
`;

let workspace: string;
let tree: SourceTree;
beforeAll(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'kfaas-annotations-'));
  tree = { workspace, workingDirectory: path.join(workspace, 'net') };
  mkdirSync(path.join(workspace, 'net/bpf'), { recursive: true });
  writeFileSync(path.join(workspace, 'net/bpf/fnv1a.bpf.c'), source);
});
afterAll(() => rmSync(workspace, { recursive: true }));

function annotationsFor(benchmarks: SampleBenchmark[], failOnInconclusive = false) {
  return annotationsOf(sampleRun({ benchmarks }).verdict, tree, failOnInconclusive);
}

const buildFailure: Failure = {
  kind: 'build',
  message: 'it does not compile',
  remedy: 'correct it',
  detail: 'net/bpf/fnv1a.bpf.c:6:2: error',
  location: { file: 'bpf/fnv1a.bpf.c', line: 6, column: 2 },
};

describe('programLine', () => {
  it('is where the program is defined', () => {
    expect(programLine(source, 'fnv1a')).toBe(5);
    expect(programLine(source, 'other')).toBe(11);
  });

  it('is the first mention where nothing looks like a definition, and nothing where there is none', () => {
    expect(programLine('\nPROGRAM(odd)\n', 'odd')).toBe(2);
    expect(programLine(source, 'absent')).toBeUndefined();
  });
});

describe('annotationsOf', () => {
  it('names no line of an object', () => {
    const { verdict } = sampleRun({ benchmarks: [{ outcome: 'fail', threshold: 5 }] });
    verdict.benchmarks[0]!.record.plan.object = {};
    expect(annotationsOf(verdict, tree, false)[0]!.location).toBeUndefined();
  });

  it('names the program that misses its threshold at its line, as a path of the repository', () => {
    expect(annotationsFor([{ outcome: 'fail', threshold: 5, sentence: '4x is below 5x' }])).toEqual([
      {
        level: 'error',
        title: 'fnv1a fails',
        message: '4x is below 5x',
        location: { file: 'net/bpf/fnv1a.bpf.c', line: 5 },
      },
    ]);
  });

  it('names the line that clang or the verifier named', () => {
    const [annotation] = annotationsFor([{ outcome: 'fail', failure: buildFailure }]);
    expect(annotation).toEqual({
      level: 'error',
      title: 'fnv1a fails',
      message: 'it does not compile\nnet/bpf/fnv1a.bpf.c:6:2: error\n→ correct it',
      location: { file: 'net/bpf/fnv1a.bpf.c', line: 6, column: 2 },
    });
  });

  it('understands an absolute path, and names no file outside of the repository', () => {
    const at = (file: string) => failureAnnotation({ ...buildFailure, location: { file } }, tree).location;
    expect(at(path.join(workspace, 'net/x.c'))).toEqual({ file: 'net/x.c' });
    expect(at('../../etc/passwd')).toBeUndefined();
    expect(at('/usr/include/linux/bpf.h')).toBeUndefined();
  });

  it('warns of what is undecided, unless that fails the job', () => {
    const undecided: SampleBenchmark[] = [{ outcome: 'inconclusive', threshold: 5 }];
    expect(annotationsFor(undecided)[0]?.level).toBe('warning');
    expect(annotationsFor(undecided, true)[0]?.level).toBe('error');
  });

  it('is silent of what passes', () => {
    expect(annotationsFor([{ threshold: 5 }])).toEqual([]);
  });

  it('keeps to what GitHub shows, and says how many more there are', () => {
    const many = Array.from({ length: 25 }, (_, index): SampleBenchmark => ({
      name: `b${index}`,
      outcome: 'fail',
      threshold: 5,
    }));
    const annotations = annotationsFor(many);
    expect(annotations).toHaveLength(10);
    expect(annotations.at(-1)?.message).toBe('16 more: see the job summary');
    expect(annotationsFor(many.slice(0, 10)).at(-1)?.title).toBe('b9 fails');
  });
});
