/** One gate over rounds that were measured for many: judged at its own looks, by the rule by which a comparison stops. Pure. */
import { decide, type Measured } from '../../src/judge/decide.js';
import { gateCount } from '../../src/judge/looks.js';
import { nextStep } from '../../src/judge/stop.js';
import type { Row } from '../../src/domain/record.js';
import type { GateResult } from '../../src/domain/verdict.js';
import { metrics, type Arm, type Revision } from '../../src/domain/words.js';
import { median } from '../bench.js';
import type { ProgramName } from './heads.js';
import type { SharedLine, WholeLine } from './results.js';
import { benchmarkPlan, measurementPlan } from './setting.js';

/** What a round of a whole comparison is, on this machine, of this program. */
export interface Pace {
  readonly secondsPerRound: number;
  /** How often it lays out each program in the kernel. */
  readonly layouts: number;
  readonly kernelInvocationsPerRound: number;
  readonly userInvocationsPerRound: number;
}

export interface Gate {
  readonly outcome: GateResult['outcome'];
  /** Head's kernel time ÷ the base's, less 1. */
  readonly slowdown: number;
  readonly rounds: number;
  /** Of a whole comparison over so many rounds. */
  readonly seconds: number;
}

export interface OpenGate {
  /** The next round's ns; the gate's end, if it is. */
  add(base: number, again: number, head: number): Gate | undefined;
  /** What a time limit here would make of it. */
  end(): Gate;
}

/** The time limit in rounds. */
export function budgetRounds({ secondsPerRound }: Pace): number {
  return Math.ceil(measurementPlan(1).timeLimitSeconds / secondsPerRound);
}

export function openGate(program: ProgramName, pace: Pace): OpenGate {
  const rounds: number[] = [];
  const row = (revision: Revision, arm: Arm) => ({
    ...{ benchmark: program, environment: 'here', revision, arm, metric: metrics.time, values: [] as number[], rounds },
    evidence: { invocations: 0, batches: 0, retries: 0 },
  });
  const rows = { base: row('base', 'kernel'), again: row('again', 'kernel'), head: row('head', 'kernel') };
  // No limit looks at user space, but a comparison goes on until it has its iterations as well.
  const user = { ...row('head', 'syscall'), rounds: [] };
  const plan = benchmarkPlan(program);
  const measured = (secondsSpent: number): Measured => ({
    plan,
    measurement: measurementPlan(1),
    gatesOfJob: gateCount([plan]),
    rows: [...Object.values(rows), user] satisfies Row[],
    secondsSpent,
  });
  const secondsOf = (): number => rounds.length * pace.secondsPerRound;
  const ended = (): Gate => {
    const { gates, slowdown } = decide(measured(secondsOf()));
    const outcome = gates[0]?.outcome ?? 'inconclusive';
    return { outcome, slowdown: slowdown?.estimate ?? Number.NaN, rounds: rounds.length, seconds: secondsOf() };
  };
  return {
    add(base, again, head) {
      rounds.push(rounds.length);
      for (const [name, value] of Object.entries({ base, again, head }))
        rows[name as keyof typeof rows].values.push(value);
      for (const { evidence } of Object.values(rows)) evidence.invocations += pace.kernelInvocationsPerRound;
      user.evidence.invocations += pace.userInvocationsPerRound;
      return nextStep(measured(secondsOf())) === 'enough' ? ended() : undefined;
    },
    end: ended,
  };
}

/** The gate of one head over recorded rounds; what is not decided when they end is taken for ended by the time limit. */
export function gateOver(
  line: Pick<SharedLine, 'program' | 'base' | 'again'>,
  head: readonly number[],
  pace: Pace,
): Gate {
  const gate = openGate(line.program, pace);
  for (const [round, value] of head.entries()) {
    const ended = gate.add(line.base[round] ?? Number.NaN, line.again[round] ?? Number.NaN, value);
    if (ended !== undefined) return ended;
  }
  return gate.end();
}

/** The mean pace of whole comparisons; undefined where there is none. */
export function paceOf(lines: readonly WholeLine[]): Pace | undefined {
  if (lines.length === 0) return undefined;
  const sum = (of: (line: WholeLine) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const rounds = sum((line) => line.rounds);
  return {
    secondsPerRound: sum((line) => line.seconds) / rounds,
    layouts: 2 ** Math.round(Math.log2(median(lines.map(({ layouts }) => layouts)))), // a power of two, as they are planned
    kernelInvocationsPerRound: sum((line) => line.invocations.kernel) / rounds,
    userInvocationsPerRound: sum((line) => line.invocations.user) / rounds,
  };
}
