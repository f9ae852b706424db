import { describe, expect, it } from 'vitest';
import { requestErrorOf, retryDelayMs, withRetries, type RequestError } from '../../../src/github/retry.js';

const nowMs = Date.parse('2026-01-02T03:04:00Z');

function refusal(status: number, headers: Record<string, string> = {}, message = 'no'): RequestError {
  return { status, message, response: { headers } };
}

function delayMs(error: RequestError, attempt = 1): number | undefined {
  return retryDelayMs(error, attempt, 1_000, nowMs);
}

describe('retryDelayMs', () => {
  it('waits as long as Retry-After says, in seconds or until a date', () => {
    expect(delayMs(refusal(429, { 'retry-after': '7' }))).toBe(7_000);
    expect(delayMs(refusal(429, { 'retry-after': 'Fri, 02 Jan 2026 03:04:30 GMT' }))).toBe(30_000);
    expect(delayMs(refusal(403, { 'retry-after': '7' }))).toBe(7_000);
  });

  it('waits until a used-up limit is reset, and a minute where nothing says how long', () => {
    const reset = String(nowMs / 1000 + 12);
    expect(delayMs(refusal(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }))).toBe(12_000);
    expect(delayMs(refusal(403, {}, 'You have exceeded a secondary rate limit'))).toBe(60_000);
    expect(delayMs(refusal(429))).toBe(60_000);
  });

  it('doubles the wait after every server error, and where no answer came', () => {
    expect([1, 2, 3].map((attempt) => delayMs(refusal(502), attempt))).toEqual([1_000, 2_000, 4_000]);
    expect(delayMs({ status: 500, message: 'fetch failed' })).toBe(1_000);
  });

  it('does not try again what would end the same way', () => {
    for (const status of [400, 401, 403, 404, 422]) {
      expect(delayMs(refusal(status))).toBeUndefined();
    }
    expect(delayMs(refusal(404, { 'retry-after': '7' }))).toBeUndefined();
  });
});

describe('withRetries', () => {
  const options = { budgetMs: 5_000, firstDelayMs: 1, signal: new AbortController().signal };

  async function attemptsOf(error: Error, budgetMs = options.budgetMs): Promise<number> {
    let attempts = 0;
    const work = withRetries(
      () => {
        attempts += 1;
        return attempts === 4 ? Promise.resolve('done') : Promise.reject(error);
      },
      { ...options, budgetMs },
    );
    await work.catch(() => undefined);
    return attempts;
  }

  it('tries again until it succeeds', async () => {
    expect(await attemptsOf(Object.assign(new Error(), refusal(500)))).toBe(4);
  });

  it('gives up at once where the wait does not fit into the budget', async () => {
    expect(await attemptsOf(Object.assign(new Error(), refusal(429, { 'retry-after': '6' })))).toBe(1);
  });

  it('gives up at once on a defect of our own', async () => {
    expect(await attemptsOf(new TypeError('a defect'))).toBe(1);
  });

  it('aborts what takes longer than the budget', async () => {
    const work = withRetries(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      { ...options, budgetMs: 20 },
    );
    await expect(work).rejects.toThrow('aborted');
  });

  it('stops waiting when it is interrupted', async () => {
    const interrupt = new AbortController();
    const error = Object.assign(new Error(), refusal(429, { 'retry-after': '4' }));
    const work = withRetries(() => Promise.reject(error), { ...options, signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 10);
    await expect(work).rejects.toThrow(/abort/i);
  });
});

describe('requestErrorOf', () => {
  it('knows what is no answer of GitHub', () => {
    expect(requestErrorOf(new Error('x'))).toBeUndefined();
    expect(requestErrorOf(undefined)).toBeUndefined();
  });
});
