/** A worker's standard output, read as untrusted text: lines of bounded size, each a valid event that was asked for. */
import { isPlannedAs } from '../domain/plan.js';
import { KfaasError } from '../errors.js';
import { eventSchema, type Job, type WorkerEvent } from './protocol.js';

export interface StreamLimits {
  readonly lineBytes: number;
  readonly totalBytes: number;
}

/** 100,000 rounds of every arm and revision are about 40 MB in one line: the largest that a valid plan can ask for. */
export const streamLimits: StreamLimits = { lineBytes: 64 * 1024 ** 2, totalBytes: 512 * 1024 ** 2 };

/**
 * Hands on every event up to `done`, in order. Resolves to whether `done` was said; what comes after it is not read.
 * @throws KfaasError (internal) at the first line that is no event, belongs to no benchmark of the job or is too long.
 */
export async function readEvents(
  job: Job,
  chunks: AsyncIterable<Uint8Array>,
  onEvent: (event: WorkerEvent) => void,
  limits = streamLimits,
): Promise<boolean> {
  for await (const line of lines(chunks, limits)) {
    const event = parse(line);
    assertAskedFor(event, job);
    onEvent(event);
    if (event.event === 'done') return true;
  }
  return false;
}

async function* lines(chunks: AsyncIterable<Uint8Array>, limits: StreamLimits): AsyncGenerator<string> {
  let totalBytes = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    if (totalBytes > limits.totalBytes) throw misspoke(`more than ${limits.totalBytes} bytes`);
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
      [pending, pendingBytes, start] = [[], 0, end + 1];
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > limits.lineBytes) throw misspoke(`a line of more than ${limits.lineBytes} bytes`);
  }
  if (pendingBytes > 0) yield Buffer.concat(pending).toString('utf8');
}

function parse(line: string): WorkerEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw misspoke(`a line that is not JSON: ${excerpt(line)}`);
  }
  const event = eventSchema.safeParse(value);
  if (event.success) return event.data;
  const issue = event.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw misspoke(`a line that is no event${where}: ${excerpt(line)}`);
}

/** A valid event may still answer another question than the one that was put. */
function assertAskedFor(event: WorkerEvent, job: Job): void {
  if (event.event === 'probes' && job.kind !== 'probe') throw misspoke('probes that nobody asked for');
  if (event.event === 'captured' && job.kind !== 'capture') throw misspoke('maps that nobody asked for');
  if (event.event !== 'benchmark' && event.event !== 'progress' && event.event !== 'vanished') return;
  const name = event.event === 'benchmark' ? event.benchmark.plan.name : event.benchmark;
  const asked = job.kind === 'measure' && job.benchmarks.some((plan) => isPlannedAs(plan, name));
  if (!asked) throw misspoke(`a benchmark that is not in its job: ${excerpt(name)}`);
  if (event.event !== 'benchmark') return;
  const stray = event.rows.find((row) => row.benchmark !== name);
  if (stray !== undefined) throw misspoke(`a row of ${excerpt(stray.benchmark)} among those of ${excerpt(name)}`);
}

/** Quoted as JSON, so that nothing in it can reach a terminal or a runner. */
function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

function misspoke(what: string): KfaasError {
  return new KfaasError({
    kind: 'internal',
    message: `the worker sent ${what}`,
    remedy: 'see that the build writes nothing to the descriptors it was given; else report this as a defect',
  });
}
