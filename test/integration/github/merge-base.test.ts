import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeBaseByApi } from '../../../src/github/merge-base.js';
import { startFakeGithub } from '../../helpers/fake-github/server.mjs';

const [commit, base] = ['a'.repeat(40), 'b'.repeat(40)];
const repository = { owner: 'octo', repo: 'kit' };

let github: Awaited<ReturnType<typeof startFakeGithub>>;
beforeEach(async () => {
  github = await startFakeGithub({ mergeBases: { [`topic/x...${commit}`]: base } });
});
afterEach(() => github.close());

function ask(branch: string, signal = new AbortController().signal): Promise<string> {
  return mergeBaseByApi({ apiUrl: github.url, token: 'ghs_1', repository, signal }, branch, commit);
}

describe('the merge base by the API', () => {
  it('is asked for with the token, of any branch', async () => {
    expect(await ask('topic/x')).toBe(base);
    expect(github.calls).toMatchObject([{ method: 'GET', authorization: 'token ghs_1', query: { per_page: '1' } }]);
  });

  it('comes with what GitHub says where it does not know', async () => {
    await expect(ask('gone')).rejects.toMatchObject({
      failure: {
        kind: 'environment',
        message: expect.stringMatching(/the merge base of gone and aaaaaaa: HTTP 404, Not Found/) as string,
        remedy: expect.stringContaining('fetch-depth: 0') as string,
      },
    });
  });

  it('ends with the signal', async () => {
    const interrupted = new AbortController();
    interrupted.abort(new Error('stop'));
    await expect(ask('topic/x', interrupted.signal)).rejects.toThrow('stop');
  });
});
