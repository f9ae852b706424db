/** The action's inputs, which the runner hands over as INPUT_… variables of the environment. */
import path from 'node:path';
import { getInput, getMultilineInput } from '@actions/core';
import { KfaasError } from '../errors.js';
import { actionInputNames, actionInputs, type ActionInput } from './action-inputs.js';
import { planFrom, type PlannedRun } from './plan.js';
import { given, type Field, type Request } from './request.js';
import { didYouMean, listed, parseChoice, shown, type Given } from './values.js';

export const commentModes = ['always', 'on-change', 'on-failure', 'never'] as const;
export type CommentMode = (typeof commentModes)[number];

/** What is known before anything is planned: how to tell of a plan that comes to nothing. */
export interface ActionSettings {
  readonly request: Request;
  /** Absolute; as it was named, whether it exists or not. */
  readonly workingDirectory: string;
  readonly comment: CommentMode;
  readonly failOnInconclusive: boolean;
  /** Absent where the workflow gave an empty one: there is no comment then. */
  readonly token?: string;
}

export type ActionRun = ActionSettings & PlannedRun;

const nameOf = (input: ActionInput): string => `input ${input}`;

/**
 * Reads the process's environment, as `@actions/core` does.
 * @throws KfaasError (usage) that names the input, its value and what is allowed.
 */
export function readActionSettings(): ActionSettings {
  rejectUnknownInputs(Object.keys(process.env));
  const token = getInput('github-token');
  const request = requestOfInputs();
  return {
    request,
    workingDirectory: path.resolve(given(request, 'working-directory')?.text ?? '.'),
    comment: parseChoice(orDefault('comment'), commentModes),
    failOnInconclusive: parseChoice(orDefault('fail-on-inconclusive'), ['true', 'false']) === 'true',
    ...(token === '' ? {} : { token }),
  };
}

/** @throws KfaasError (usage) that names the input or the place in the config file, its value and what is allowed. */
export function planAction(settings: ActionSettings): ActionRun {
  return { ...settings, ...planFrom(settings.request) };
}

/** The runner only warns of an input that is not declared, and a misspelt limit would never be judged. */
function rejectUnknownInputs(variables: readonly string[]): void {
  const known = new Set(actionInputNames.map((name) => `INPUT_${name.toUpperCase()}`));
  const unknown = variables.find((variable) => variable.startsWith('INPUT_') && !known.has(variable));
  if (unknown === undefined) return;
  const name = unknown.slice('INPUT_'.length).toLowerCase();
  throw new KfaasError({
    kind: 'usage',
    message: `unknown input ${name} with value ${shown(process.env[unknown] ?? '')}${didYouMean(name, actionInputNames)}`,
    remedy: `give ${listed(actionInputNames)}`,
  });
}

/** An input that is empty was not given: workflows pass their own inputs on that way. */
function orDefault(input: 'comment' | 'fail-on-inconclusive'): Given {
  return { name: nameOf(input), text: getInput(input) || actionInputs[input] };
}

const planned = [
  'config',
  'source',
  'program',
  'working-directory',
  'iterations',
  'compare-with',
  'time-limit',
  'threshold',
  'max-slowdown',
  'max-speedup-loss',
  'max-instructions-growth',
  'base',
] as const satisfies readonly (ActionInput & Field)[];

function requestOfInputs(): Request {
  const values: { [F in Field]?: string[] } = {};
  for (const input of planned) {
    const text = getInput(input);
    if (text !== '') values[input] = [text];
  }
  const packets = getMultilineInput('packet');
  if (packets.length > 0) values.packet = packets;
  return { nameOf: (field) => `input ${field}`, values };
}
