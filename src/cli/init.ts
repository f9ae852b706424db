/** `init`: writes a config file and a workflow from what a project has, and overwrites nothing unless it is told to. */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { KfaasError } from '../errors.js';
import { configName } from '../inputs/config.js';
import { withUniqueNames, workingDirectoryOf } from '../inputs/files.js';
import { findProgramFiles, type ProgramFile } from '../inputs/program-files.js';
import { programName, sourceOrObject } from '../inputs/programs.js';
import { allGiven, given, type Request } from '../inputs/request.js';
import { starterConfig, starterWorkflow, workflowFile } from '../inputs/starter.js';
import type { Initialised } from '../report/init.js';
import { othersAmong } from '../trees/others.js';
import { openRepository, type Repository } from '../trees/repository.js';

/** @throws KfaasError (usage) where a file is there already, or there is no program to write of */
export async function initialise(request: Request, isForced: boolean): Promise<Initialised> {
  const folder = workingDirectoryOf(given(request, 'working-directory'), process.cwd());
  const repository = openRepository(folder);
  const top = repository?.top ?? realpathSync(folder);
  const { programs, ignored } = await programsOf(request, folder, repository);

  const inTop = path.relative(top, realpathSync(folder));
  const files = [
    { file: path.join(folder, configName), text: starterConfig(programs, ignored) },
    {
      file: path.join(top, workflowFile),
      text: starterWorkflow({
        ...(inTop === '' ? {} : { workingDirectory: inTop }),
        hasSubmodules: existsSync(path.join(top, '.gitmodules')),
      }),
    },
  ].map(({ file, text }) => ({ file, text, shown: path.relative(realpathSync('.'), realpathOfNew(file)) }));
  const existing = isForced ? [] : files.filter(({ file }) => existsSync(file));
  if (existing.length > 0) throw wouldOverwrite(existing.map(({ shown }) => shown));
  for (const { file, text } of files) write(file, text, isForced);
  return {
    written: files.map(({ shown }) => shown),
    benchmarks: programs.map(({ name }) => name),
    ignored: ignored.map(({ file }) => file),
  };
}

async function programsOf(
  request: Request,
  folder: string,
  repository: Repository | undefined,
): Promise<{ programs: ProgramFile[]; ignored: ProgramFile[] }> {
  const sources = allGiven(request, 'source');
  if (sources.length > 0) {
    const named = sources.map((source): ProgramFile => {
      const { source: file, object } = sourceOrObject(source, folder);
      return { name: programName(path.basename(file)), file, isObject: object !== undefined };
    });
    return { programs: withUniqueNames(named), ignored: [] };
  }
  const found = findProgramFiles(folder);
  const names = found.map(({ file }) => file);
  const ignoredFiles = repository === undefined ? new Set() : await othersAmong(names, 'ignored', folder, repository);
  const programs = found.filter(({ file }) => !ignoredFiles.has(file));
  const ignored = found.filter(({ file, isObject }) => isObject && ignoredFiles.has(file));
  if (programs.length === 0) throw nothingToMeasure(folder, ignored);
  return { programs, ignored };
}

function write(file: string, text: string, isForced: boolean): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: isForced ? 'w' : 'wx' });
  } catch (error) {
    throw new KfaasError(
      {
        kind: 'usage',
        message: `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        remedy: 'give --working-directory a folder that may be written to',
      },
      { cause: error },
    );
  }
}

function realpathOfNew(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (existsSync(folder)) return path.join(realpathSync(folder), path.relative(folder, file));
  }
}

function wouldOverwrite(files: readonly string[]): KfaasError {
  const [are, them] = files.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return new KfaasError({
    kind: 'usage',
    message: `${files.join(' and ')} ${are} there already`,
    remedy: `move ${them} away, or give --force to overwrite`,
  });
}

function nothingToMeasure(folder: string, ignored: readonly ProgramFile[]): KfaasError {
  const [first] = ignored;
  return new KfaasError({
    kind: 'usage',
    message:
      first === undefined
        ? `no *.bpf.c and no *.bpf.o is in ${folder}`
        : `only what git ignores is in ${folder}: ${ignored.map(({ file }) => file).join(', ')}`,
    remedy:
      first === undefined
        ? 'name what to measure: kfaas-bench init bpf/filter.c'
        : `name it (kfaas-bench init ${first.file}), and in kfaas.yml the \`build:\` that makes it`,
  });
}
