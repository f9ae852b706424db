/** The page that the runner shows for a job. */
import { summary, warning } from '@actions/core';

/** The runner drops a summary over 1 MiB whole; a UTF-16 unit takes at most three bytes. */
export const longestSummary = Math.floor((1024 * 1024) / 3) - 1;

/** Appends to the job's summary; outside of a runner there is none. A verdict is not lost for it. */
export async function writeSummary(markdown: string): Promise<void> {
  if (process.env.GITHUB_STEP_SUMMARY === undefined) return;
  try {
    await summary.addRaw(markdown, true).write();
  } catch (thrown) {
    warning(`The job summary could not be written: ${String(thrown)}`);
  }
}
