/** How far a run is, as one line that is drawn over and gone at the end. */
import { SingleBar } from 'cli-progress';
import type { stages, WorkerEvent } from '../places/protocol.js';
import { visible } from './escape.js';

type Stage = (typeof stages)[number];

/** Where each stage begins on the way from 0 to 1, by what it takes of a benchmark's time. */
const begins: { readonly [S in Stage]: number } = { build: 0, load: 0.08, prove: 0.1, measure: 0.15 };
const ends: { readonly [S in Stage]: number } = {
  build: begins.load,
  load: begins.prove,
  prove: begins.measure,
  measure: 1,
};

const stageWords: { readonly [S in Stage]: string } = {
  build: 'building',
  load: 'loading',
  prove: 'proving',
  measure: 'measuring',
};

/** The share of a run that is done, 0 to 1, and never less than it was. */
export function runFraction(benchmarkCount: number): (event: WorkerEvent) => number {
  const fractions = new Map<string, number>();
  return (event) => {
    if (event.event === 'benchmark') fractions.set(event.benchmark.plan.name, 1);
    if (event.event === 'progress') {
      const { benchmark, stage, fraction } = event;
      const reached = begins[stage] + fraction * (ends[stage] - begins[stage]);
      fractions.set(benchmark, Math.max(fractions.get(benchmark) ?? 0, reached));
    }
    const sum = [...fractions.values()].reduce((total, fraction) => total + fraction, 0);
    return Math.min(1, sum / benchmarkCount);
  };
}

/** What is being done, for beside the bar; nothing for events that say nothing of it. */
export function activity(event: WorkerEvent): string | undefined {
  if (event.event !== 'progress') return undefined;
  const note = event.note === undefined ? '' : ` (${event.note})`;
  return visible(`${stageWords[event.stage]} ${event.benchmark}${note}`);
}

export interface Progress {
  readonly show: (event: WorkerEvent) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Draws only where the stream is a terminal. */
export function progressLine(stream: NodeJS.WriteStream, benchmarkCount: number): Progress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  const fractionAfter = runFraction(benchmarkCount);
  const bar = new SingleBar({
    format: '{bar} {percentage} %  {doing}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    stream,
    fps: 4, // drawing takes time from the very machine that is being measured
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // signals are the command line's
  });
  bar.start(1, 0, { doing: 'starting' });
  return {
    show: (event) => {
      const doing = activity(event);
      bar.update(fractionAfter(event), doing === undefined ? {} : { doing });
    },
    end: () => {
      bar.stop();
    },
  };
}
