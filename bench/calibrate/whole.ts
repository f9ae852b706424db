/** One gate by the whole way of a comparison: proof, user space and floors in every round. */
import { measureBenchmark } from '../../src/benchmark.js';
import type { Row } from '../../src/domain/record.js';
import { decide } from '../../src/judge/decide.js';
import { gateCount } from '../../src/judge/looks.js';
import type { HeadName, ProgramName } from './heads.js';
import type { WholeLine } from './results.js';
import { benchmarkPlan, measurementPlan } from './setting.js';
import type { CalibrationShop } from './workshop.js';

/** base, again and head: each is loaded once a layout. */
const REVISIONS = 3;

export function measureWhole(
  shop: CalibrationShop,
  program: ProgramName,
  head: HeadName,
  seed: number,
): Pick<WholeLine, 'outcome' | 'slowdown' | 'rounds' | 'seconds' | 'layouts' | 'invocations'> {
  const opened = shop.bench(program, seed);
  let loads = 0;
  const reload: typeof opened.libbpf.reload = (...given) => {
    loads += 1;
    return opened.libbpf.reload(...given);
  };
  const bench = { ...opened, libbpf: { ...opened.libbpf, reload } };
  try {
    const plan = benchmarkPlan(program);
    const { benchmark, rows } = measureBenchmark(bench, plan, shop.builds(program, head));
    const { rounds, seconds } = benchmark;
    const decision = decide({
      ...{ plan, measurement: measurementPlan(seed), gatesOfJob: gateCount([plan]), rows, secondsSpent: seconds },
    });
    return {
      outcome: decision.gates[0]?.outcome ?? 'inconclusive',
      slowdown: decision.slowdown?.estimate ?? Number.NaN,
      rounds,
      seconds,
      layouts: loads / (REVISIONS * rounds),
      invocations: { kernel: invocationsOf(rows, 'kernel'), user: invocationsOf(rows, 'syscall') },
    };
  } finally {
    bench.close();
  }
}

function invocationsOf(rows: readonly Row[], arm: Row['arm']): number {
  const row = rows.find((each) => each.arm === arm && each.revision === 'head' && each.metric.name === 'time');
  return row?.evidence.invocations ?? 0;
}
