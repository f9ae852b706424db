/** Captured maps as YAML: to be pasted under a benchmark, or named by its `maps-file`. */
import { Document, isCollection } from 'yaml';
import type { Captured } from '../domain/captured.js';
import type { MapDatum } from '../domain/plan.js';
import { visible } from './escape.js';

export function renderCaptured({ program, maps, cpu }: Captured): string {
  const filled = maps.filter(({ elements }) => elements.length > 0);
  const notes = maps.flatMap(({ map, notes }) => notes.map((note) => `${map}: ${note}`));
  const empty = maps.filter((map) => map.elements.length === 0 && map.notes.length === 0).map(({ map }) => map);
  const lines = [
    `# Maps of ${program.name} (id ${program.id}); values of per-CPU maps are those of CPU ${cpu}.`,
    ...notes.map((note) => `# ${note}`),
    ...(empty.length === 0 ? [] : [`# Empty: ${empty.join(', ')}`]),
    filled.length === 0 ? '# Nothing is in any map.' : 'maps:',
  ].map(visible);
  const entries = filled.flatMap(({ map, elements }) => [
    `  - map: ${flow(map)}`,
    '    elements:',
    ...elements.map((element) => `      - { key: ${datum(element.key)}, value: ${datum(element.value)} }`),
  ]);
  return `${[...lines, ...entries].join('\n')}\n`;
}

function datum(datum: MapDatum): string {
  return 'hex' in datum ? `"${datum.hex}"` : flow(datum.typed);
}

/** On one line; text in quotes, since no digits in it are a number. */
function flow(value: unknown): string {
  const document = new Document(value);
  if (isCollection(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }).trim();
}
