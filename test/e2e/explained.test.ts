/** What a red gate says of itself in the action, whose worker has few rights: the lines and the machine code that changed. */
import { arch } from 'node:process';
import { describe, expect, it } from 'vitest';
import { commentsAfter, startGithub } from '../helpers/e2e-github.js';
import { config, fnv1a, fnv1aPlanted } from '../helpers/e2e-programs.js';
import { pullRequest, stepOf } from '../helpers/e2e-pull-request.js';
import { runStep } from '../helpers/e2e-step.js';
import { available } from '../helpers/require.js';

/** Where something was planted, and what. */
const plantedLines = fnv1aPlanted.split('\n').flatMap((text, index) => {
  return text.includes('PAYLOAD_BYTES / 2') || text.includes('16777619u;\n\treturn') ? [index + 1] : [];
});

describe.skipIf(!available('docker'))('a red gate in the action', () => {
  it('shows the lines that are executed more often, and how the machine code differs', async () => {
    const pull = pullRequest({
      base: { ...config({ 'max-slowdown': 20 }, 'hash'), 'bpf/hash.bpf.c': fnv1a },
      head: { 'bpf/hash.bpf.c': fnv1aPlanted },
    });
    const github = await startGithub({ git: pull.git });
    const { exitCode, log, summary } = await runStep(stepOf(pull, github));
    expect(exitCode, log).toBe(1);
    const [comment = ''] = commentsAfter(github.calls()).values();
    for (const text of [comment, summary]) {
      const [inSight = '', explanation = ''] = text.split('<details><summary>What changed');
      for (const line of plantedLines) {
        expect(inSight).toMatch(RegExp(`Where: .* at \`hash\\.bpf\\.c:${line}\` in \`fnv1a\``));
        expect(explanation).toMatch(
          RegExp(`\\| \`hash\\.bpf\\.c:${line}\` \\| \`fnv1a\` \\| – \\| \\d+ \\| \\+\\d+ \\|`),
        );
      }
      const language = arch === 'x64' ? 'Machine code' : 'BPF instructions behind the verifier';
      expect(explanation).toMatch(RegExp(`${language} of \`fnv1a\`.* \\d+ → \\d+ instructions:\\n+\`\`\`diff\\n`));
      expect(explanation).toMatch(arch === 'x64' ? /^\+imul/m : /^\+w0 \*= 16777619$/m);
    }
  });
});
