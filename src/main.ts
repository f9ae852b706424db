#!/usr/bin/env node
/** The entry point decides what it is: a worker, the action of a workflow, or a command line. */
import { runAction } from './action.js';
import { runCommandLine } from './cli.js';
import { runWorker } from './worker.js';

const args = process.argv.slice(2);

/** The runner gives an action no arguments and every input of `action.yml`; a `run:` step has arguments or no inputs. */
function isAction(): boolean {
  const hasInputs = Object.keys(process.env).some((name) => name.startsWith('INPUT_'));
  return args.length === 0 && process.env['GITHUB_ACTIONS'] === 'true' && hasInputs;
}

if (args[0] === 'worker') await runWorker();
else process.exitCode = isAction() ? await runAction() : await runCommandLine(args);
