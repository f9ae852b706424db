import { describe, expect, it } from 'vitest';
import { decidingSentence } from '../../../src/report/undecided.js';
import { sampleBenchmark } from '../../helpers/verdicts.js';

describe('decidingSentence', () => {
  it('needs four times the measuring where the limit is half way into the interval, and a fifth to spare', () => {
    // ± 1 % about 5.025; the limit lies 0.5 % below: (1 / 0.5)² × 1.2 × 20 s − 20 s = 76 s
    const benchmark = sampleBenchmark({ speedup: 5.025, threshold: 5, outcome: 'inconclusive' });
    expect(decidingSentence(benchmark, 20, 'workflow')).toBe('To decide it takes about 77 s more: time-limit: 100.');
    expect(decidingSentence(benchmark, 20, 'command')).toBe('To decide it takes about 77 s more: --time-limit 100.');
  });

  it('looks at the half of the interval that holds the limit', () => {
    const benchmark = sampleBenchmark({ speedup: 4.975, threshold: 5, outcome: 'inconclusive' });
    expect(decidingSentence(benchmark, 20, 'workflow')).toMatch(
      /^To decide it takes about 7\d s more: time-limit: 100\.$/,
    );
  });

  it('gives no hope where there is none', () => {
    const benchmark = sampleBenchmark({ speedup: 5.0001, threshold: 5, outcome: 'inconclusive' });
    expect(decidingSentence(benchmark, 20, 'workflow')).toMatch(/too close to its limit/);
    const exactly = sampleBenchmark({ speedup: 5, threshold: 5, outcome: 'inconclusive' });
    expect(decidingSentence(exactly, 20, 'workflow')).toMatch(/too close to its limit/);
  });

  it('takes a change against the base for the ratio that it is', () => {
    // ± 0.6 % about 4.7 %; the limit of 5 % lies 0.3 % above: (0.57 / 0.29)² × 1.2 × 20 s − 20 s = 75 s
    const benchmark = sampleBenchmark({ slowdown: 0.047, outcome: 'inconclusive' });
    expect(decidingSentence(benchmark, 20, 'workflow')).toMatch(
      /^To decide it takes about 7\d s more: time-limit: 100\.$/,
    );
    const negative = sampleBenchmark({ slowdown: -0.001, outcome: 'inconclusive' });
    expect(decidingSentence(negative, 20, 'workflow')).toMatch(/^To decide it takes about 4\.\d s more/);
  });

  it('is silent of an exact figure that this kernel does not give: measuring does not bring it', () => {
    const exactLimits = { budgets: { 'jited-bytes': 9 } };
    expect(decidingSentence(sampleBenchmark({ outcome: 'inconclusive', exactLimits }), 20, 'workflow')).toBe('');
    expect(
      decidingSentence(
        sampleBenchmark({ outcome: 'inconclusive', speedup: 5.025, threshold: 5, exactLimits }),
        20,
        'workflow',
      ),
    ).not.toBe('');
  });

  it('is silent of what is decided', () => {
    expect(decidingSentence(sampleBenchmark({ threshold: 5 }), 20, 'workflow')).toBe('');
  });
});
