#!/usr/bin/env node
/** The entry point decides what it is: a worker, the action of a workflow, or a command line. */
import { runWorker } from './worker.js';

if (process.argv[2] === 'worker') {
  await runWorker();
}
