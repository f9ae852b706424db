/** Finds the compiler: `CLANG`, else the newest clang of 14-20 that is installed. */
import { KfaasError } from '../errors.js';
import { run } from './run.js';

export interface Toolchain {
  /** Command or path. */
  readonly clang: string;
  /** First line of `clang --version`. */
  readonly version: string;
}

/** Older ones lack what libbpf's headers need; newer ones have not been tried. */
const SUPPORTED = [20, 19, 18, 17, 16, 15, 14] as const;

const REMEDY =
  'install one of clang 14 to 20 (Debian and Ubuntu: apt-get install clang), or set CLANG to the command to use';

/** Throws a KfaasError of kind environment where there is none. */
export async function findToolchain(environment: NodeJS.ProcessEnv): Promise<Toolchain> {
  const override = environment['CLANG'];
  if (override !== undefined && override !== '') {
    const version = await versionOf(override);
    if (version === undefined) {
      throw new KfaasError({
        kind: 'environment',
        message: `CLANG=${override} cannot be run as a clang`,
        remedy: `unset CLANG or set it to a clang that works: ${REMEDY}`,
      });
    }
    return { clang: override, version };
  }
  for (const clang of [...SUPPORTED.map((major) => `clang-${String(major)}`), 'clang']) {
    const version = await versionOf(clang);
    if (version !== undefined) return { clang, version };
  }
  throw new KfaasError({ kind: 'environment', message: 'no clang was found', remedy: REMEDY });
}

async function versionOf(clang: string): Promise<string | undefined> {
  const { code, stdout } = await run(clang, ['--version']);
  const first = stdout.split('\n')[0]?.trim() ?? '';
  return code === 0 && first.includes('clang version') ? first : undefined;
}
