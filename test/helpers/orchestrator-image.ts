/** An image with `src/places`, a small orchestrator and the worker of few words: what containerPlace needs to be tried. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const orchestratorImage = 'kfaas-bench-test-orchestrator';

const dockerfile = `
FROM ${baseImage()}
COPY . /kfaas-bench
ENTRYPOINT ["node", "/kfaas-bench/orchestrator.js"]
`;

/** The base that the Dockerfile names. */
function baseImage(): string {
  const name = /^FROM (\S+)/m.exec(readFileSync(path.join(root, 'Dockerfile'), 'utf8'))?.[1];
  if (name === undefined) throw new Error('the Dockerfile names no base image');
  return name;
}

export function buildOrchestratorImage(): void {
  execFileSync(path.join(root, 'scripts/stand-in-base.sh'), { stdio: 'inherit' });
  const context = mkdtempSync(path.join(tmpdir(), 'kfaas-image-'));
  try {
    writeFileSync(path.join(context, 'Dockerfile'), dockerfile);
    writeFileSync(path.join(context, 'package.json'), '{ "type": "module" }');
    for (const folder of ['', 'domain', 'places'])
      transpile(path.join('src', folder), path.join(context, 'lib', folder));
    for (const name of withDependencies(['tar', 'zod'])) {
      cpSync(path.join(root, 'node_modules', name), path.join(context, 'node_modules', name), { recursive: true });
    }
    cpSync(path.join(root, 'bpf/include'), path.join(context, 'bpf/include'), { recursive: true });
    cpSync(path.join(root, 'test/fixtures/workers'), context, { recursive: true });
    execFileSync('docker', ['build', '--quiet', '--tag', orchestratorImage, context], { stdio: 'pipe' });
  } finally {
    rmSync(context, { recursive: true });
  }
}

function transpile(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  for (const name of readdirSync(path.join(root, from)).filter((file) => file.endsWith('.ts'))) {
    const source = readFileSync(path.join(root, from, name), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    writeFileSync(path.join(to, name.replace(/\.ts$/, '.js')), outputText);
  }
}

function withDependencies(names: readonly string[]): Set<string> {
  const all = new Set(names);
  for (const name of all) {
    const manifest = JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(manifest.dependencies ?? {})) all.add(dependency);
  }
  return all;
}
