/**
 * Which base a run compares with. Pure: it says what to look for, and `resolve.ts` looks for it.
 *
 * | event | base |
 * |---|---|
 * | any, with the setting `base` | that |
 * | of a pull request, its merge commit checked out | the first parent of the merge commit |
 * | of a pull request, anything else checked out | the merge base with its base branch; never `base.sha`, which goes stale |
 * | `push` | `before`; for a new branch the merge base with the default branch |
 * | `merge_group` | the group's `base_sha` |
 * | other, on another branch than the default | the merge base with the default branch |
 * | other | none |
 *
 * Sources: "Webhook events and payloads" and "Events that trigger workflows" of GitHub's documentation.
 */
import path from 'node:path';
import { z } from 'zod';
import type { Head } from './repository.js';

export type BaseChoice =
  /** A ref, or a commit id; where the checkout lacks it, it is to be fetched. */
  | { readonly kind: 'revision'; readonly revision: string; readonly what: string }
  /** Of a branch of the remote, and a full commit id. */
  | { readonly kind: 'merge-base'; readonly of: readonly [branch: string, commit: string]; readonly what: string }
  /** Paths start at the working directory. */
  | { readonly kind: 'folder'; readonly folder: string; readonly what: string }
  | { readonly kind: 'record'; readonly path: string; readonly what: string }
  | { readonly kind: 'none'; readonly what: string };

/** What the runner tells of a run. */
export interface Trigger {
  /** GITHUB_EVENT_NAME */
  readonly eventName: string;
  /** The JSON at GITHUB_EVENT_PATH. */
  readonly payload: unknown;
  /** GITHUB_REF */
  readonly ref?: string;
  /** GITHUB_SHA */
  readonly sha?: string;
}

export interface BaseRequest {
  /** As the user wrote it. */
  readonly setting?: string;
  /** Absent outside of a workflow. */
  readonly trigger?: Trigger;
  /** What is checked out; absent where the working directory is in no repository. */
  readonly head?: Head;
}

/** What a choice is, in one sentence; with the id of the commit where it has been found. */
export function sentenceOf(choice: BaseChoice, commit?: string): string {
  if (choice.kind === 'none') return `no base: ${choice.what}`;
  return `the base is ${commit === undefined ? '' : `${shortId(commit)}, `}${choice.what}`;
}

export function shortId(commit: string): string {
  return commit.slice(0, 7);
}

export function chooseBase({ setting, trigger, head }: BaseRequest): BaseChoice {
  if (setting !== undefined) return named(setting);
  if (trigger === undefined) return none('none was asked for');
  if (head === undefined) return none('nothing is checked out with git here');
  return ofPullRequest(trigger, head) ?? ofPush(trigger, head) ?? ofMergeGroup(trigger) ?? ofBranch(trigger, head);
}

/** No ref may end or start like these (git check-ref-format), but for `.json`, which `heads/x.json` reaches past. */
function named(setting: string): BaseChoice {
  if (setting === 'none') return none('`base` is `none`');
  if (setting.endsWith('.json')) return { kind: 'record', path: setting, what: `the record ${setting}` };
  if (path.isAbsolute(setting) || /^\.\.?(\/|$)/.test(setting))
    return { kind: 'folder', folder: setting, what: `the folder ${setting}` };
  return revision(
    setting,
    /^[0-9a-f]{7,64}$/.test(setting) ? 'the commit that `base` names' : `${setting}, as \`base\` says`,
  );
}

const commitId = z.string().regex(/^[0-9a-f]{40,64}$/);

const pullRequestPayload = z.object({
  pull_request: z.object({
    number: z.int().positive(),
    merged: z.boolean().nullish(),
    head: z.object({ sha: commitId }),
    base: z.object({ ref: z.string().min(1) }),
  }),
});

function ofPullRequest({ eventName, payload, ref, sha }: Trigger, head: Head): BaseChoice | undefined {
  const parsed = pullRequestPayload.safeParse(payload);
  if (!parsed.success) return undefined;
  const { number, merged, head: theirs, base } = parsed.data.pull_request;
  const [first, second, ...more] = head.parents;
  if (merged === true && first !== undefined)
    return revision(first, `the first parent of HEAD, ${base.ref} before pull request #${number} was merged`);
  if (eventName === 'pull_request_target' && head.commit === sha)
    return none(`pull_request_target checks out ${base.ref} and nothing of pull request #${number}; use pull_request`);
  // After a push to the pull request the event's head is an older one, and the ref is what tells.
  const isMerge = second === theirs.sha || (head.commit === sha && ref === `refs/pull/${number}/merge`);
  if (isMerge && first !== undefined && second !== undefined && more.length === 0)
    return revision(first, `the first parent of the merge commit of pull request #${number} into ${base.ref}`);
  return mergeBase(base.ref, head, `the commit ${shortId(head.commit)} of pull request #${number}`);
}

const pushPayload = z.object({
  before: commitId,
  ref: z.string(),
  forced: z.boolean().optional(),
  repository: z.object({ default_branch: z.string().min(1) }).optional(),
});

function ofPush({ eventName, payload }: Trigger, head: Head): BaseChoice | undefined {
  const parsed = pushPayload.safeParse(payload);
  if (eventName !== 'push' || !parsed.success) return undefined;
  const { before, ref, forced, repository } = parsed.data;
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  if (!/^0+$/.test(before)) return revision(before, `${name} before this ${forced === true ? 'forced ' : ''}push`);
  const main = repository?.default_branch;
  if (!ref.startsWith('refs/heads/') || main === undefined || main === name) return none(`${name} is new`);
  return mergeBase(main, head, `the new branch ${name}`);
}

const mergeGroupPayload = z.object({ merge_group: z.object({ base_sha: commitId, base_ref: z.string() }) });

function ofMergeGroup({ payload }: Trigger): BaseChoice | undefined {
  const parsed = mergeGroupPayload.safeParse(payload);
  if (!parsed.success) return undefined;
  const { base_sha: commit, base_ref: ref } = parsed.data.merge_group;
  const branch = ref.replace(/^refs\/heads\//, '');
  return revision(commit, `the parent of the merge group: ${branch} and what is queued before`);
}

const anyPayload = z.object({ repository: z.object({ default_branch: z.string().min(1) }) });

/** Dispatches may name a branch; comments and other runs of the default branch may have checked out something else. */
function ofBranch({ eventName, payload, ref, sha }: Trigger, head: Head): BaseChoice {
  const parsed = anyPayload.safeParse(payload);
  const main = parsed.success ? parsed.data.repository.default_branch : undefined;
  const branch = ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined;
  const elsewhere = sha !== undefined && head.commit !== sha;
  if (main !== undefined && elsewhere) return mergeBase(main, head, `the commit ${shortId(head.commit)}`);
  if (main !== undefined && branch !== undefined && branch !== main)
    return mergeBase(main, head, `the branch ${branch}`);
  return none(`${eventName} names nothing to compare ${branch ?? 'this'} with; \`base\` can`);
}

function revision(name: string, what: string): BaseChoice {
  return { kind: 'revision', revision: name, what };
}

function mergeBase(branch: string, head: Head, of: string): BaseChoice {
  return { kind: 'merge-base', of: [branch, head.commit], what: `the merge base of ${branch} and ${of}` };
}

function none(what: string): BaseChoice {
  return { kind: 'none', what };
}
