import { describe, expect, it } from 'vitest';
import { chooseBase, sentenceOf, type BaseRequest } from '../../../src/trees/choose-base.js';
import type { Head } from '../../../src/trees/repository.js';

const main = 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1';
const theirs = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';
const merge = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
const other = '0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c';
const stale = 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e';
const zeros = '0'.repeat(40);

const head = (commit: string, ...parents: string[]): Head => ({ commit, parents, dirty: false });
const repository = { id: 186853002, name: 'Hello-World', full_name: 'Codertocat/Hello-World', default_branch: 'main' };

/** The choice, and the sentence about it as a report shows it. */
function choose(request: BaseRequest) {
  const choice = chooseBase(request);
  const commit = choice.kind === 'revision' && /^[0-9a-f]{40}$/.test(choice.revision) ? choice.revision : undefined;
  return { choice, sentence: sentenceOf(choice, commit) };
}

/** The documented payload of `pull_request`, action `synchronize`, as far as it bears on the base. */
const pullRequest = {
  action: 'synchronize',
  number: 2,
  before: other,
  after: theirs,
  pull_request: {
    id: 279147437,
    number: 2,
    state: 'open',
    title: 'Update the README with new information.',
    merged: false,
    merge_commit_sha: stale,
    head: { label: 'Codertocat:changes', ref: 'changes', sha: theirs, repo: repository },
    base: { label: 'Codertocat:main', ref: 'main', sha: stale, repo: repository },
  },
  repository,
};

describe('the base of a pull request', () => {
  const trigger = { eventName: 'pull_request', payload: pullRequest, ref: 'refs/pull/2/merge', sha: merge };

  it('is the first parent of the merge commit that is checked out', () => {
    const { choice, sentence } = choose({ trigger, head: head(merge, main, theirs) });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
    expect(sentence).toBe('the base is a1a1a1a, the first parent of the merge commit of pull request #2 into main');
  });

  it.each([
    ['pull_request_review', merge],
    ['pull_request_review_comment', merge],
    ['pull_request_target', main],
  ])('is that of %s, too', (eventName, sha) => {
    const { choice } = choose({ trigger: { ...trigger, eventName, sha }, head: head(merge, main, theirs) });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
  });

  it('is the first parent where the pull request has moved on since the event', () => {
    const { choice } = choose({ trigger, head: head(merge, main, other) });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
  });

  it('is the merge base where the head itself is checked out', () => {
    const { choice, sentence } = choose({ trigger, head: head(theirs, other) });
    expect(choice).toMatchObject({ kind: 'merge-base', of: ['main', theirs] });
    expect(sentence).toBe('the base is the merge base of main and the commit ec26c3e of pull request #2');
  });

  it('is the merge base where the head is a merge of the author’s own', () => {
    expect(choose({ trigger, head: head(theirs, other, main) }).choice).toMatchObject({
      kind: 'merge-base',
      of: ['main', theirs],
    });
  });

  it('is the merge base where HEAD has more than two parents', () => {
    const { choice } = choose({ trigger, head: head(merge, main, theirs, other) });
    expect(choice).toMatchObject({ kind: 'merge-base', of: ['main', merge] });
  });

  it('is never the base.sha of the payload', () => {
    const heads = [head(merge, main, theirs), head(theirs, other), head(other), head(theirs, other, main)];
    for (const one of heads) expect(JSON.stringify(choose({ trigger, head: one }))).not.toContain(stale);
  });

  it('is what the branch was before it was merged', () => {
    const merged = { ...pullRequest, action: 'closed', pull_request: { ...pullRequest.pull_request, merged: true } };
    const { choice, sentence } = choose({
      trigger: { ...trigger, payload: merged, ref: 'refs/heads/main', sha: merge },
      head: head(merge, main),
    });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
    expect(sentence).toBe('the base is a1a1a1a, the first parent of HEAD, main before pull request #2 was merged');
  });

  it('is none where pull_request_target has checked out the base branch', () => {
    const { sentence } = choose({
      trigger: { ...trigger, eventName: 'pull_request_target', ref: 'refs/heads/main', sha: main },
      head: head(main, other),
    });
    expect(sentence).toBe(
      'no base: pull_request_target checks out main and nothing of pull request #2; use pull_request',
    );
  });
});

describe('the base of a push', () => {
  /** The documented payload, as far as it bears on the base. */
  const push = {
    ref: 'refs/heads/main',
    before: main,
    after: theirs,
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: 'https://github.com/Codertocat/Hello-World/compare/6113728f27ae...ec26c3e57ca3',
    repository,
  };
  const trigger = { eventName: 'push', payload: push, ref: push.ref, sha: theirs };

  it('is what the branch was before', () => {
    const { choice, sentence } = choose({ trigger, head: head(theirs, other) });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
    expect(sentence).toBe('the base is a1a1a1a, main before this push');
  });

  it('says where a push was forced', () => {
    const forced = { ...push, ref: 'refs/heads/feature/x', forced: true };
    const { sentence } = choose({ trigger: { ...trigger, payload: forced }, head: head(theirs, other) });
    expect(sentence).toBe('the base is a1a1a1a, feature/x before this forced push');
  });

  it('is the merge base with the default branch where the branch is new', () => {
    const created = { ...push, ref: 'refs/heads/feature', before: zeros, created: true };
    const { choice, sentence } = choose({ trigger: { ...trigger, payload: created }, head: head(theirs, other) });
    expect(choice).toMatchObject({ kind: 'merge-base', of: ['main', theirs] });
    expect(sentence).toBe('the base is the merge base of main and the new branch feature');
  });

  it.each([
    ['refs/tags/v1.2.0', 'no base: v1.2.0 is new'],
    ['refs/heads/main', 'no base: main is new'],
  ])('is none where %s is new', (ref, expected) => {
    const created = { ...push, ref, before: zeros, created: true };
    const { choice, sentence } = choose({ trigger: { ...trigger, payload: created, ref }, head: head(theirs) });
    expect(choice.kind).toBe('none');
    expect(sentence).toBe(expected);
  });
});

describe('the base of other events', () => {
  it('is the parent of a merge group', () => {
    const ref = `refs/heads/gh-readonly-queue/main/pr-104-${main}`;
    const payload = {
      action: 'checks_requested',
      merge_group: { head_sha: merge, head_ref: ref, base_sha: main, base_ref: 'refs/heads/main' },
      repository,
    };
    const { choice, sentence } = choose({
      trigger: { eventName: 'merge_group', payload, ref, sha: merge },
      head: head(merge, main, theirs),
    });
    expect(choice).toMatchObject({ kind: 'revision', revision: main });
    expect(sentence).toBe('the base is a1a1a1a, the parent of the merge group: main and what is queued before');
  });

  it('is the merge base for a dispatch on a branch', () => {
    const payload = { inputs: {}, ref: 'refs/heads/feature', repository, workflow: '.github/workflows/bench.yml' };
    const { choice, sentence } = choose({
      trigger: { eventName: 'workflow_dispatch', payload, ref: payload.ref, sha: theirs },
      head: head(theirs, other),
    });
    expect(choice).toMatchObject({ kind: 'merge-base', of: ['main', theirs] });
    expect(sentence).toBe('the base is the merge base of main and the branch feature');
  });

  it('is the merge base for a comment whose workflow checked the pull request out itself', () => {
    const payload = {
      action: 'created',
      issue: { number: 2, pull_request: {} },
      comment: { body: '/bench' },
      repository,
    };
    const { choice } = choose({
      trigger: { eventName: 'issue_comment', payload, ref: 'refs/heads/main', sha: main },
      head: head(merge, main, theirs),
    });
    expect(choice).toMatchObject({ kind: 'merge-base', of: ['main', merge] });
  });

  it.each([
    ['schedule', { schedule: '0 5 * * 1', repository, workflow: '.github/workflows/bench.yml' }],
    ['schedule', { schedule: '0 5 * * 1' }],
    ['workflow_dispatch', { inputs: null, ref: 'refs/heads/main', repository }],
    ['repository_dispatch', { action: 'bench', branch: 'main', client_payload: {}, repository }],
    ['push', undefined],
    ['pull_request', 'not what it should be'],
  ])('is none for %s on the default branch: %j', (eventName, payload) => {
    const trigger = { eventName, payload, ref: 'refs/heads/main', sha: main };
    const { choice, sentence } = choose({ trigger, head: head(main, other) });
    expect(choice.kind).toBe('none');
    expect(sentence).toBe(`no base: ${eventName} names nothing to compare main with; \`base\` can`);
  });

  it('is none outside of a workflow, and outside of a repository', () => {
    expect(choose({ head: head(main) }).sentence).toBe('no base: none was asked for');
    const trigger = { eventName: 'pull_request', payload: pullRequest, ref: 'refs/pull/2/merge', sha: merge };
    expect(choose({ trigger }).sentence).toBe('no base: nothing is checked out with git here');
  });
});

describe('the setting', () => {
  const trigger = { eventName: 'pull_request', payload: pullRequest, ref: 'refs/pull/2/merge', sha: merge };
  const asked = (setting: string) => choose({ setting, trigger, head: head(merge, main, theirs) });

  it.each([
    ['main', { kind: 'revision', revision: 'main' }, 'the base is main, as `base` says'],
    [stale, { kind: 'revision', revision: stale }, 'the base is f95f852, the commit that `base` names'],
    ['origin/feature/x', { kind: 'revision', revision: 'origin/feature/x' }, undefined],
    ['old-tree', { kind: 'revision', revision: 'old-tree' }, undefined],
    ['HEAD~1', { kind: 'revision', revision: 'HEAD~1' }, undefined],
    ['../old-tree', { kind: 'folder', folder: '../old-tree' }, 'the base is the folder ../old-tree'],
    ['./old.tree', { kind: 'folder', folder: './old.tree' }, 'the base is the folder ./old.tree'],
    ['..', { kind: 'folder', folder: '..' }, 'the base is the folder ..'],
    ['.', { kind: 'folder', folder: '.' }, 'the base is the folder .'],
    ['/srv/tree', { kind: 'folder', folder: '/srv/tree' }, 'the base is the folder /srv/tree'],
    ['record.json', { kind: 'record', path: 'record.json' }, 'the base is the record record.json'],
    ['../a/record.json', { kind: 'record', path: '../a/record.json' }, 'the base is the record ../a/record.json'],
    ['none', { kind: 'none' }, 'no base: `base` is `none`'],
  ])('%s comes before the event', (setting, choice, sentence) => {
    const found = asked(setting);
    expect(found.choice).toMatchObject(choice);
    if (sentence !== undefined) expect(found.sentence).toBe(sentence);
  });
});
