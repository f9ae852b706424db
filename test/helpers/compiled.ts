/** This project as Node runs it: `src/` compiled once per test run, for tests that start it as a process of its own. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Below the project, so that its dependencies and its bpf/ folder are found; not in node_modules, which checkouts may share.
const folder = path.join(root, '.tools/compiled');

let entry: string | undefined;

/** @returns path of the compiled `main.js`; type errors are tsc's matter */
export function compiledEntry(): string {
  if (entry !== undefined) return entry;
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const source = readFileSync(path.join(root, 'src', file), 'utf8');
    const target = path.join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, ts.transpileModule(source, { compilerOptions }).outputText);
  }
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  entry = path.join(folder, 'main.js');
  return entry;
}
