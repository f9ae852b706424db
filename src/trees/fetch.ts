/** A commit that a checkout may lack: one shallow fetch, into a repository of our own. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { KfaasError } from '../errors.js';
import { git, reasonOf, redacted, tryGit, type GitResult } from './git.js';
import { commitOf, holdsTree, remoteOf, type Repository } from './repository.js';

/** The right to read from one server. */
export interface Access {
  /** Such as `https://github.com`; the token goes nowhere else. */
  readonly serverUrl: string;
  readonly token: string;
}

export interface Source {
  readonly commit: string;
  /** The object folder that holds it, where that is not the repository's own. */
  readonly objects?: string;
}

const timeLimitMs = 300_000; // a large tree over a slow line
const fullId = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
/** What git check-ref-format allows; anything else is an expression over history, which a remote does not answer. */
const refName = /^(?!-|.*(\.\.|@\{|\/\/))[^\p{Cc}\s~^:?*[\\]+$/u;

/**
 * Finds the commit that a revision names: in the repository, or on its remote.
 * @param scratch an empty folder for what is fetched
 * @throws KfaasError (usage) where there is no such revision, (environment) where the remote cannot be asked
 */
export async function obtain(
  repository: Repository,
  revision: string,
  scratch: string,
  access?: Access,
): Promise<Source> {
  const remote = await remoteOf(repository);
  const commit =
    (await commitOf(repository, revision)) ??
    (remote === undefined ? undefined : await commitOf(repository, `refs/remotes/${remote.name}/${revision}`));
  if (commit !== undefined && (await holdsTree(repository, commit))) return { commit };
  if (remote === undefined) throw noRemote(revision, repository);
  if (commit === undefined && !fullId.test(revision) && !refName.test(revision)) throw notHere(revision, repository);
  const prefix = `${remote.name}/`;
  const wanted = commit ?? (revision.startsWith(prefix) ? revision.slice(prefix.length) : revision);
  return fetchOne(repository, wanted, remote.url, scratch, access);
}

/**
 * Not into the user's repository: the commit would become an edge of its history (`.git/shallow`), and root's files would be left in
 * another user's folder.
 */
async function fetchOne(
  repository: Repository,
  wanted: string,
  address: string,
  scratch: string,
  access: Access | undefined,
): Promise<Source> {
  const url = access === undefined ? address : withoutSsh(address, access);
  await mkdir(scratch, { recursive: true });
  const { folder, signal } = repository.call;
  const own = { folder, signal, environment: { GIT_DIR: scratch } };
  await git(own, 'init', '--quiet', '--bare', '--template=');
  const credentials = access === undefined ? undefined : credentialsOf(access);
  const fetched = await tryGit(
    {
      ...own,
      network: true,
      timeLimitMs,
      config: { 'remote.base.url': url, ...credentials?.config },
      secrets: credentials?.secrets ?? [],
    },
    ...['fetch', '--quiet', '--no-tags', '--depth=1', '--end-of-options', 'base', `+${wanted}:refs/base`],
  );
  if (fetched.code !== 0) throw notFetched(wanted, redacted(url), fetched);
  const commit = await commitOf({ call: own }, 'refs/base');
  if (commit === undefined) throw notACommit(wanted, redacted(url));
  return { commit, objects: path.join(scratch, 'objects') };
}

/** As actions/checkout does it: a header for this server alone. */
function credentialsOf({ serverUrl, token }: Access) {
  const { origin } = new URL(serverUrl);
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  return { config: { [`http.${origin}/.extraheader`]: `AUTHORIZATION: basic ${basic}` }, secrets: [token, basic] };
}

/** A checkout made with a key for ssh is read with the token, too. */
function withoutSsh(url: string, { serverUrl }: Access): string {
  const { origin, hostname } = new URL(serverUrl);
  const ssh = /^(ssh:\/\/git@(?<host>[^:/]+)(:\d+)?\/|git@(?<host2>[^:/]+):)(?<file>.*)$/.exec(url)?.groups;
  const theirs = ssh?.['host'] ?? ssh?.['host2'];
  return theirs === hostname ? `${origin}/${ssh?.['file'] ?? ''}` : url;
}

const checkoutRemedy = 'check out more history in the step before: actions/checkout with `fetch-depth: 0`';

/** In the order in which they are looked for; the words are git's own (LC_ALL=C) and GitHub's. */
const causes: readonly { pattern: RegExp; kind: 'usage' | 'environment'; remedy: string }[] = [
  {
    pattern: /couldn't find remote ref|not our ref|unadvertised object|no such remote ref/i,
    kind: 'usage',
    remedy:
      'give `base` a branch, a tag or a full commit id that is there, or the path of a folder, which starts with ./ or /',
  },
  {
    pattern:
      /could not read (Username|Password)|unable to get password|Authentication failed|Permission denied|returned error: 40[13]|repository\b.* not found/i,
    kind: 'environment',
    remedy: `give the job \`permissions: contents: read\` and the action its \`github-token\`; or ${checkoutRemedy}`,
  },
];

function notFetched(wanted: string, url: string, result: GitResult): KfaasError {
  const cause = causes.find(({ pattern }) => pattern.test(result.stderr));
  return new KfaasError({
    kind: cause?.kind ?? 'environment',
    message: `the base ${wanted} is not in this checkout and cannot be fetched from ${url}: ${reasonOf(result)}`,
    remedy: cause?.remedy ?? checkoutRemedy,
    detail: result.stderr.trimEnd(),
  });
}

function notHere(revision: string, { top }: Repository): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `the base ${revision} names no commit in ${top}`,
    remedy: `give a branch, a tag or a full commit id; or ${checkoutRemedy}`,
  });
}

function noRemote(revision: string, { top }: Repository): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `the base ${revision} is not in ${top}, which has no remote \`origin\` to fetch it from`,
    remedy: `give \`base\` a commit that is there (git -C ${top} log --all), or the path of a folder, which starts with ./ or /`,
  });
}

function notACommit(wanted: string, url: string): KfaasError {
  return new KfaasError({
    kind: 'usage',
    message: `the base ${wanted} of ${url} is not a commit`,
    remedy: 'give `base` a branch, a tag of a commit, or a full commit id',
  });
}
