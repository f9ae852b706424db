/** What a machine can do, as text: one line per probe, each no and unknown with its remedy. */
import type { Probe } from '../domain/probe.js';
import { inkOf, type Ink } from './ink.js';

const answerStyles: { readonly [A in Probe['answer']]: 'good' | 'bad' | 'unsure' } = {
  yes: 'good',
  no: 'bad',
  unknown: 'unsure',
};

/** Whether everything that measuring needs was answered with yes. */
export function isAble(probes: readonly Probe[]): boolean {
  return probes.length > 0 && probes.every(({ answer, optional }) => answer === 'yes' || optional === true);
}

/** The whole report, ending in a line feed. */
export function renderDoctor(probes: readonly Probe[], options: { readonly color: boolean }): string {
  const ink = inkOf(options.color);
  const width = Math.max(0, ...probes.map(({ name }) => name.length));
  const lines = probes.flatMap((probe) => probeLines(probe, width, ink));
  return [...lines, '', conclusion(probes, ink), ''].join('\n');
}

function probeLines({ name, answer, detail, remedy, optional }: Probe, width: number, ink: Ink): string[] {
  const style = answer === 'no' && optional === true ? 'unsure' : answerStyles[answer];
  const line = `${name.padEnd(width)}  ${answer.padEnd('unknown'.length)}`;
  return [
    `${ink[style](line)}  ${ink.plain(detail)}`.trimEnd(),
    ...(remedy === undefined || answer === 'yes' ? [] : [`${' '.repeat(width + 2)}→ ${ink.plain(remedy)}`]),
  ];
}

function conclusion(probes: readonly Probe[], ink: Ink): string {
  if (isAble(probes)) return ink.good('This machine can run kfaas-bench.');
  const missing = probes.filter(({ answer, optional }) => answer !== 'yes' && optional !== true);
  const names = missing.map(({ name }) => name).join(', ');
  return ink.bad(`This machine cannot run kfaas-bench${names === '' ? '' : `; see ${names}`}.`);
}
