/** The words of the project as types; docs/architecture.md explains them. */
import { z } from 'zod';

/** Which tree a program was built from; `again` is the base once more, the A/A sentinel. */
export const revisions = ['base', 'head', 'again'] as const;
export type Revision = (typeof revisions)[number];

/** One way to run a program. `translated` is `call` of the translated twin, beside a native one. */
export const arms = ['kernel', 'call', 'syscall', 'wakeup', 'translated'] as const;
export type Arm = (typeof arms)[number];

/** The user-space arms: what the kernel can be compared with. */
export const userArms = ['call', 'syscall', 'wakeup'] as const satisfies readonly Arm[];
export type UserArm = (typeof userArms)[number];

/** The program types that BPF_PROG_TEST_RUN runs on an input of bytes: what can be timed. */
export const programTypes = [
  'xdp',
  'tc',
  'socket_filter',
  'syscall',
  'cgroup_skb',
  'flow_dissector',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'sched_act',
  'netfilter',
  'sk_lookup',
  'raw_tracepoint',
] as const;
export type ProgramType = (typeof programTypes)[number];

/** What a value is. `sampled` has one value per round, `exact` one value in all. */
export const metricSchema = z.strictObject({
  name: z.enum([
    'time',
    'floor',
    'verified-insns',
    'verifier-states',
    'xlated-bytes',
    'jited-bytes',
    'stack-bytes',
    'executed-insns',
  ]),
  unit: z.enum(['ns', 'instructions', 'states', 'bytes']),
  better: z.literal('lower'),
  kind: z.enum(['sampled', 'exact', 'distribution']),
});
export type Metric = z.infer<typeof metricSchema>;
export type MetricName = Metric['name'];

/** Every metric, defined once. `time` and `floor` are per invocation; the floor is the empty program on the same arm. */
export const metrics: { readonly [N in MetricName]: Metric & { name: N } } = {
  time: { name: 'time', unit: 'ns', better: 'lower', kind: 'sampled' },
  floor: { name: 'floor', unit: 'ns', better: 'lower', kind: 'sampled' },
  /** Instructions of BPF on all inputs, each once, from the state that the object is loaded with. */
  'executed-insns': { name: 'executed-insns', unit: 'instructions', better: 'lower', kind: 'exact' },
  'verified-insns': { name: 'verified-insns', unit: 'instructions', better: 'lower', kind: 'exact' },
  /** All states that the verifier held in the end (`total_states` of its log). */
  'verifier-states': { name: 'verifier-states', unit: 'states', better: 'lower', kind: 'exact' },
  'xlated-bytes': { name: 'xlated-bytes', unit: 'bytes', better: 'lower', kind: 'exact' },
  'jited-bytes': { name: 'jited-bytes', unit: 'bytes', better: 'lower', kind: 'exact' },
  'stack-bytes': { name: 'stack-bytes', unit: 'bytes', better: 'lower', kind: 'exact' },
};

/** The exact metrics that a budget can be set for. */
export const budgetMetrics = [
  'executed-insns',
  'verified-insns',
  'xlated-bytes',
  'jited-bytes',
  'stack-bytes',
] as const satisfies readonly MetricName[];
export type BudgetMetric = (typeof budgetMetrics)[number];

export const outcomes = ['pass', 'fail', 'inconclusive', 'untrusted'] as const;
export type Outcome = (typeof outcomes)[number];
