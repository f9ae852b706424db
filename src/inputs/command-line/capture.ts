/** `kfaas-bench capture`. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { CaptureTarget } from '../../domain/captured.js';
import { mostMapElements } from '../../domain/plan.js';
import { KfaasError } from '../../errors.js';
import { allowedNumbers, parseNumber } from '../values.js';
import type { CaptureInvocation } from './invocation.js';
import { addOutputOptions, outputOptions } from './shared-options.js';

const idSchema = z.int().min(1).max(0xffff_ffff);
const limitSchema = z.int().min(1).max(mostMapElements);
const defaultLimit = 1_000;

export function addCapture(program: Command, onInvocation: (invocation: CaptureInvocation) => void): void {
  const capture = program
    .command('capture')
    .description('what the maps of a loaded program hold, as `maps:` of a config file')
    .option('--id <number>', "the kernel's number for it")
    .option('--name <name>', 'what it is called')
    .option('--pinned <path>', 'where it is pinned')
    .option('--limit <number>', `elements of each map: ${allowedNumbers(limitSchema)} (default: ${defaultLimit})`);
  addOutputOptions(capture);
  capture.action(() => {
    onInvocation(invocationOf(capture));
  });
}

function invocationOf(capture: Command): CaptureInvocation {
  const { id, name, pinned, limit } = capture.opts<Partial<Record<'id' | 'name' | 'pinned' | 'limit', string>>>();
  const targets: CaptureTarget[] = [
    ...(id === undefined ? [] : [{ id: parseNumber({ name: '--id', text: id }, idSchema) }]),
    ...(name === undefined ? [] : [{ name }]),
    ...(pinned === undefined ? [] : [{ pinned }]),
  ];
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    throw new KfaasError({
      kind: 'usage',
      message: target === undefined ? 'capture without a program' : 'capture with several programs',
      remedy: 'give one of --id, --name and --pinned; `bpftool prog` lists what is loaded',
    });
  }
  return {
    command: 'capture',
    target,
    limit: limit === undefined ? defaultLimit : parseNumber({ name: '--limit', text: limit }, limitSchema),
    ...outputOptions(capture),
  };
}
