/**
 * When a request to GitHub is worth another try. Written here because Octokit's own plugins try a plain 429 again without
 * waiting for its Retry-After, and know no limit for everything together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const requestErrorSchema = z.object({
  status: z.int(),
  message: z.string(),
  /** Absent where no answer came. */
  response: z.object({ headers: z.record(z.string(), z.unknown()) }).optional(),
});
export type RequestError = z.infer<typeof requestErrorSchema>;

/** What Octokit throws where GitHub refused, or did not answer. */
export function requestErrorOf(thrown: unknown): RequestError | undefined {
  const parsed = requestErrorSchema.safeParse(thrown);
  return parsed.success ? { ...parsed.data, message: parsed.data.message } : undefined;
}

/** GitHub's advice where a limit names no time: "wait for at least one minute". */
const unnamedLimitMs = 60_000;

function header(error: RequestError, name: string): string | undefined {
  const value = error.response?.headers[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A 403 is a rate limit, and not a missing permission, where it says so. */
export function isRateLimit(error: RequestError): boolean {
  if (error.status === 429) return true;
  const saysSo = /rate limit/i.test(error.message) || header(error, 'x-ratelimit-remaining') === '0';
  return error.status === 403 && (saysSo || header(error, 'retry-after') !== undefined);
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), else when the limit is reset, else a minute. */
function rateLimitDelayMs(error: RequestError, nowMs: number): number {
  const retryAfter = header(error, 'retry-after') ?? '';
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const reset = header(error, 'x-ratelimit-reset');
  const at = reset === undefined ? Date.parse(retryAfter) : Number(reset) * 1000;
  return Number.isFinite(at) ? Math.max(0, at - nowMs) : unnamedLimitMs;
}

/**
 * Milliseconds to wait before another try; nothing where another try would end the same way.
 * @param attempt tries made so far, from 1
 */
export function retryDelayMs(
  error: RequestError,
  attempt: number,
  firstDelayMs: number,
  nowMs: number,
): number | undefined {
  if (isRateLimit(error)) return rateLimitDelayMs(error, nowMs);
  if (error.status >= 500) return firstDelayMs * 2 ** (attempt - 1);
  return undefined;
}

export interface RetryOptions {
  /** For all tries and waits together. */
  readonly budgetMs: number;
  /** The wait after a first 5xx; each next one is twice as long. */
  readonly firstDelayMs: number;
  readonly signal: AbortSignal;
}

/**
 * Tries the whole operation again until it succeeds, fails for good, or the next wait would not fit into the budget.
 * @throws what the last try threw
 */
export async function withRetries<T>(
  operation: (signal: AbortSignal) => Promise<T>,
  { budgetMs, firstDelayMs, signal }: RetryOptions,
): Promise<T> {
  const endMs = Date.now() + budgetMs;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(budgetMs)]);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(bounded);
    } catch (thrown) {
      const error = requestErrorOf(thrown);
      const delayMs = error && retryDelayMs(error, attempt, firstDelayMs, Date.now());
      if (bounded.aborted || delayMs === undefined || Date.now() + delayMs >= endMs) throw thrown;
      await sleep(delayMs, undefined, { signal });
    }
  }
}
