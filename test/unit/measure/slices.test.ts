import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerQuartile, planSlices, type SliceRequest } from '../../../src/measure/slices.js';

function plan(request: Partial<SliceRequest>) {
  return planSlices({
    arm: 'kernel',
    metric: 'time',
    nsPerInvocation: 100,
    inputCount: 1,
    compareWith: 'syscall',
    iterations: 1000,
    rounds: 30,
    ...request,
  });
}

describe("a round's slices", () => {
  it('are three of 240 µs where few iterations are asked for', () => {
    expect(plan({})).toEqual({ slices: 3, invocationsPerSlice: 2400 });
  });

  it('are half as long where several inputs share the round', () => {
    expect(plan({ inputCount: 2 }).invocationsPerSlice).toBe(2400);
    expect(plan({ inputCount: 3 }).invocationsPerSlice).toBe(1200);
  });

  it('are as many as it takes to reach the iterations in the rounds that are sure to come', () => {
    // 1,000,000 in 10 rounds are 100,000 a round: 42 slices of 2,400.
    expect(plan({ iterations: 1_000_000, rounds: 10 })).toEqual({ slices: 42, invocationsPerSlice: 2400 });
    expect(plan({ iterations: 1_000_000, rounds: 10, arm: 'syscall' }).slices).toBe(42);
  });

  it('are three for what the speedup is not made of', () => {
    const many = { iterations: 1_000_000, rounds: 10 };
    expect(plan({ ...many, arm: 'call' }).slices).toBe(3);
    expect(plan({ ...many, arm: 'call', compareWith: 'call' }).slices).toBe(42);
    expect(plan({ ...many, metric: 'floor' }).slices).toBe(3);
  });

  it('of wakeups are 16 long, whatever is asked for', () => {
    const { slices, invocationsPerSlice } = plan({ arm: 'wakeup', compareWith: 'wakeup', iterations: 1e9 });
    expect({ slices, invocationsPerSlice }).toEqual({ slices: 3, invocationsPerSlice: 16 });
  });

  it('hold one invocation at least, and what a loop in the kernel can hold at most', () => {
    expect(plan({ nsPerInvocation: 1e9 }).invocationsPerSlice).toBe(1);
    expect(plan({ nsPerInvocation: 0.001 }).invocationsPerSlice).toBe(1_000_000);
    expect(plan({ nsPerInvocation: 0 }).invocationsPerSlice).toBe(1_000_000);
  });

  it('reach the iterations, for every cost, number of inputs and of rounds', () => {
    fc.assert(
      fc.property(
        fc.record({
          nsPerInvocation: fc.double({ min: 0, max: 1e7, noNaN: true }),
          inputCount: fc.integer({ min: 1, max: 8 }),
          iterations: fc.integer({ min: 1, max: 1e9 }),
          rounds: fc.integer({ min: 2, max: 100_000 }),
        }),
        (request) => {
          const { slices, invocationsPerSlice } = plan(request);
          const total = slices * invocationsPerSlice * request.inputCount * request.rounds;
          expect(total).toBeGreaterThanOrEqual(request.iterations);
        },
      ),
    );
  });
});

describe('the lower quartile', () => {
  it('is linear between order statistics', () => {
    expect(lowerQuartile([30, 10, 20])).toBe(15); // half-way from the first to the second of three
    expect(lowerQuartile([5, 1, 4, 2, 3])).toBe(2);
    expect(lowerQuartile([40, 10, 30, 20])).toBe(17.5);
    expect(lowerQuartile([7])).toBe(7);
  });

  it('is not moved by what noise adds to the upper half', () => {
    expect(lowerQuartile([10, 11, 12, 13, 1e9])).toBe(11);
  });

  it('sorts numbers as numbers', () => {
    expect(lowerQuartile([100, 9, 80, 10, 11])).toBe(10);
  });

  it('of nothing is no number', () => {
    expect(lowerQuartile([])).toBeNaN();
  });
});
