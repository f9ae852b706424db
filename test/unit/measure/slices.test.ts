import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerQuartile, planLayouts, planSlices, smallest, type SliceRequest } from '../../../src/measure/slices.js';

function plan(request: Partial<SliceRequest>) {
  return planSlices({
    arm: 'kernel',
    nsPerInvocation: 100,
    inputCount: 1,
    layouts: 1,
    iterations: 1000,
    rounds: 30,
    ...request,
  });
}

describe("a round's slices", () => {
  it('are three, of 60 µs or of 240 µs where a system call is crossed, where few iterations are asked for', () => {
    expect(plan({})).toEqual({ slices: 3, invocationsPerSlice: 600 });
    expect(plan({ arm: 'call' })).toEqual({ slices: 3, invocationsPerSlice: 600 });
    expect(plan({ arm: 'syscall' })).toEqual({ slices: 3, invocationsPerSlice: 2400 });
  });

  it('are half as long in user space where several inputs share the round', () => {
    expect(plan({ arm: 'call', inputCount: 2 }).invocationsPerSlice).toBe(600);
    expect(plan({ arm: 'call', inputCount: 3 }).invocationsPerSlice).toBe(300);
    expect(plan({ inputCount: 3 }).invocationsPerSlice).toBe(600);
  });

  it('are longer where a program is slow, so that it runs warm, up to 240 µs', () => {
    expect(plan({ nsPerInvocation: 2_000 }).invocationsPerSlice).toBe(64);
    expect(plan({ nsPerInvocation: 10_000 }).invocationsPerSlice).toBe(24);
  });

  it('are as many as it takes to reach the iterations in the rounds and layouts that are sure to come', () => {
    // 1,000,000 in 10 rounds are 100,000 a round: 167 slices of 600; in 8 layouts each 21.
    expect(plan({ iterations: 1_000_000, rounds: 10 })).toEqual({ slices: 167, invocationsPerSlice: 600 });
    expect(plan({ iterations: 1_000_000, rounds: 10, layouts: 8 }).slices).toBe(21);
    expect(plan({ iterations: 1_000_000, rounds: 10, arm: 'syscall' }).slices).toBe(42);
  });

  it('of wakeups are 16 long, whatever is asked for, and one where nothing is', () => {
    expect(plan({ arm: 'wakeup', iterations: 1e9 })).toEqual({ slices: 3, invocationsPerSlice: 16 });
    expect(plan({ arm: 'wakeup', iterations: 0 })).toEqual({ slices: 1, invocationsPerSlice: 16 });
  });

  it('hold one invocation at least, and what a loop in the kernel can hold at most', () => {
    expect(plan({ nsPerInvocation: 1e9 }).invocationsPerSlice).toBe(1);
    expect(plan({ nsPerInvocation: 0.001 }).invocationsPerSlice).toBe(1_000_000);
    expect(plan({ nsPerInvocation: 0 }).invocationsPerSlice).toBe(1_000_000);
  });

  it('reach the iterations, for every cost, number of inputs, of layouts and of rounds', () => {
    fc.assert(
      fc.property(
        fc.record({
          arm: fc.constantFrom('kernel' as const, 'call' as const, 'syscall' as const),
          nsPerInvocation: fc.double({ min: 0, max: 1e7, noNaN: true }),
          inputCount: fc.integer({ min: 1, max: 8 }),
          layouts: fc.constantFrom(1, 2, 4, 8),
          iterations: fc.integer({ min: 1, max: 1e9 }),
          rounds: fc.integer({ min: 2, max: 100_000 }),
        }),
        (request) => {
          const { slices, invocationsPerSlice } = plan(request);
          const total = slices * invocationsPerSlice * request.inputCount * request.layouts * request.rounds;
          expect(total).toBeGreaterThanOrEqual(request.iterations);
        },
      ),
    );
  });
});

describe("a round's layouts", () => {
  it('are as many as fit into 150 ms, a power of two, at most eight and at least one', () => {
    expect([0, 0.018, 0.019, 0.037, 0.038, 0.074, 0.076, 5].map(planLayouts)).toEqual([8, 8, 4, 4, 2, 2, 1, 1]);
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

it('the smallest is that, and of nothing no number', () => {
  expect(smallest([30, 100, 9, 20])).toBe(9);
  expect(smallest([])).toBeNaN();
});
