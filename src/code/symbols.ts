/** What the kernel's own functions are called, by /proc/kallsyms. */
import { contentOf } from '../load/environment.js';

export interface KernelSymbols {
  readonly at: (address: bigint) => string | undefined;
  /** Undefined where the kernel keeps its addresses to itself. */
  readonly addressOf: (name: string) => bigint | undefined;
}

/** Reads ten megabytes, once. */
export function kernelSymbols(): KernelSymbols {
  const names = new Map<bigint, string>();
  const addresses = new Map<string, bigint>();
  for (const line of (contentOf('/proc/kallsyms') ?? '').split('\n')) {
    const [hex = '', kind = '', name = ''] = line.split(/\s/);
    if (!/^[tTwW]$/.test(kind) || /^0+$/.test(hex)) continue;
    const address = BigInt(`0x${hex}`);
    if (!names.has(address)) names.set(address, name);
    addresses.set(name, address);
  }
  return { at: (address) => names.get(address), addressOf: (name) => addresses.get(name) };
}
