/** The inputs of the action, as `action.yml` declares them: names and defaults, kept equal by a test. */

export const actionInputs = {
  config: undefined,
  source: undefined,
  program: undefined,
  packet: undefined,
  'working-directory': undefined,
  iterations: '1000000',
  'compare-with': 'syscall',
  threshold: undefined,
  'max-slowdown': '5',
  'max-speedup-loss': undefined,
  'max-instructions-growth': undefined,
  base: undefined,
  comment: 'always',
  'fail-on-inconclusive': 'false',
  'time-limit': '20',
  'github-token': '${{ github.token }}',
} as const satisfies { readonly [name: string]: string | undefined };

export type ActionInput = keyof typeof actionInputs;
export const actionInputNames = Object.keys(actionInputs) as ActionInput[];
