/**
 * The import direction as a lint rule. The lists below are the only place where it is written down: a folder of src/
 * imports what stands before it in every half that it belongs to, plus what is common, and nothing else.
 */
import path from 'node:path';

/** @type {Record<string, string[]>} */
export const halves = {
  orchestrator: ['inputs', 'trees', 'places', 'judge', 'report', 'github'],
  worker: ['build', 'load', 'twin', 'code', 'prove', 'arms', 'measure', 'judge'],
};

/** Folders and files of src/ that everything may import; they import nothing but each other, leftward. */
export const common = ['errors', 'units', 'installation', 'domain'];

/** What of the common the pure folders may not import either: it reads files. */
const impureCommon = ['installation'];

/** What ties the folders together, a file or a folder each: they import what they need, and no folder imports them. */
export const composers = ['base', 'pipeline', 'benchmark', 'worker', 'doctor', 'capture', 'cli', 'action', 'main'];

/**
 * Packages that only some files may import, as paths under src/; one that ends in a slash is a whole folder.
 * @type {Record<string, string[]>}
 */
export const packageOwners = {
  koffi: ['load/libbpf/library.ts'],
  dockerode: ['places/engine.ts'],
  undici: ['places/engine.ts'],
  'node:http': ['places/engine.ts'],
  '@actions/': ['main.ts', 'action.ts', 'inputs/', 'github/'],
};

/** Folders that take data and give data: no files, processes, sockets, clocks or terminals. */
export const pureFolders = ['domain', 'judge', 'report'];
const pureBuiltins = ['node:path', 'node:crypto', 'node:util', 'node:assert'];

/**
 * What a part of src/ (a folder, or a top-level file without its ending) may import of src/.
 * @param {string} part
 */
export function allowedParts(part) {
  if (composers.includes(part)) return [...common, ...Object.values(halves).flat(), ...composers];
  if (common.includes(part))
    return common.slice(0, common.indexOf(part) + 1).filter((name) => name === part || !impureCommon.includes(name));
  const before = Object.values(halves)
    .filter((half) => half.includes(part))
    .map((half) => half.slice(0, half.indexOf(part) + 1));
  const inEvery = (before[0] ?? []).filter((folder) => before.every((list) => list.includes(folder)));
  const all = [...common, ...inEvery];
  return pureFolders.includes(part) ? all.filter((name) => !impureCommon.includes(name)) : all;
}

/**
 * The part of src/ that a path under src/ belongs to: `load/libbpf.ts` → `load`, `main.ts` → `main`.
 * @param {string} fileUnderSrc
 */
function partOf(fileUnderSrc) {
  return fileUnderSrc.replace(/\/.*|\.[cm]?[jt]s$/, '');
}

/**
 * Why `file` (a path under src/ with forward slashes) may not import `specifier`; undefined where it may.
 * @param {string} file
 * @param {string} specifier
 */
export function violation(file, specifier) {
  const part = partOf(file);
  if (!specifier.startsWith('.')) return packageViolation(file, part, specifier);
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith('..')) return `src/ imports nothing from outside of it, such as ${specifier}`;
  const imported = partOf(target);
  const allowed = allowedParts(part);
  if (allowed.includes(imported)) return undefined;
  return `src/${part} may not import ${imported}; it may import ${allowed.join(', ')}`;
}

/**
 * @param {string} file
 * @param {string} part
 * @param {string} specifier
 */
function packageViolation(file, part, specifier) {
  for (const [name, owners] of Object.entries(packageOwners)) {
    const matches = specifier === name || specifier.startsWith(name.endsWith('/') ? name : `${name}/`);
    const owned = owners.some((owner) => (owner.endsWith('/') ? file.startsWith(owner) : file === owner));
    if (matches && !owned) return `only ${owners.map((owner) => `src/${owner}`).join(', ')} may import ${specifier}`;
  }
  if (pureFolders.includes(part) && specifier.startsWith('node:') && !pureBuiltins.includes(specifier)) {
    return `src/${part} is pure: it may not import ${specifier}; of Node it may import ${pureBuiltins.join(', ')}`;
  }
  return undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
export const importDirection = {
  meta: { type: 'problem', schema: [], messages: { forbidden: '{{reason}}' } },
  create(context) {
    const src = path.join(context.cwd, 'src');
    const file = path.relative(src, context.filename).split(path.sep).join('/');
    /** @param {any} source the specifier's node; absent in `export { a }`, not a literal in `import(name)` */
    const check = (source) => {
      if (typeof source?.value !== 'string') return;
      const reason = violation(file, source.value);
      if (reason !== undefined) context.report({ node: source, messageId: 'forbidden', data: { reason } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      TSImportType: (/** @type {any} */ node) => check(node.source),
    };
  },
};
