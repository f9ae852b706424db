/** What several commands have in common. */
import type { Command } from 'commander';
import type { Field } from '../request.js';

/** How messages call a field of the plan. */
export function nameOfField(field: Field): string {
  return field === 'source' ? 'SOURCE' : `--${field}`;
}

/** How the answer is printed. */
export function addOutputOptions(command: Command): void {
  command.option('--json', 'print one JSON document instead of text');
  command.option('--no-color', 'print without colours (so does the variable NO_COLOR)');
}

export function outputOptions(command: Command): { json: boolean; color: boolean } {
  const { json = false, color } = command.opts<{ json?: boolean; color: boolean }>();
  return { json, color };
}

export function addExplainOption(command: Command): void {
  command.option(
    '--explain',
    'tell every source line with its executed instructions, and beside a base how the code differs',
  );
}

export function isExplaining(command: Command): boolean {
  return command.opts<{ explain?: boolean }>().explain === true;
}
