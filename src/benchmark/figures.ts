/** The exact figures of a loaded program, as rows: the verifier's and the JIT's, from the load without padding, and what was counted. */
import type { Executed, Row } from '../domain/record.js';
import { metrics, type MetricName, type Revision } from '../domain/words.js';
import type { LoadedProgram } from '../load/object.js';

export function exactRows(
  of: Pick<Row, 'benchmark' | 'environment'>,
  revision: Revision,
  loaded: LoadedProgram,
  executed: Executed | undefined,
): Row[] {
  const values: Partial<Record<MetricName, number | undefined>> = {
    'verified-insns': loaded.verifiedInsns,
    'verifier-states': loaded.verifierStates,
    'xlated-bytes': loaded.info.xlatedBytes,
    'jited-bytes': loaded.info.jitedBytes,
    'stack-bytes': loaded.stackBytes,
    'executed-insns': executed?.inputs.reduce((sum, { instructions }) => sum + instructions, 0),
  };
  return (Object.keys(values) as MetricName[]).flatMap((name) => {
    const value = values[name];
    if (value === undefined) return [];
    return {
      benchmark: of.benchmark,
      revision,
      arm: 'kernel',
      environment: of.environment,
      metric: metrics[name],
      values: [value],
      evidence: { invocations: 0, batches: 0, retries: 0 },
    } satisfies Row;
  });
}
