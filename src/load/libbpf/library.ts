/**
 * The one file that crosses into native code: loads libraries, declares their functions, and reads and gives memory. What uses it
 * turns C's conventions (null, negated errno, out parameters) into values and `Errno`s and decides nothing.
 */
import { getSystemErrorName } from 'node:util';
import koffi, { type LibraryHandle } from 'koffi';
import { KfaasError } from '../../errors.js';

export type { LibraryHandle };

/** A failed call, by its errno; the caller knows what it means for the user. */
export class Errno extends Error {
  /** Such as `EPERM`. */
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = nameOf(Math.abs(errno));
    super(`${call}: ${code}`);
    this.name = 'Errno';
    this.code = code;
  }
}

export function nameOf(errno: number): string {
  if (errno === 524) return 'ENOTSUPP'; // the kernel's own (include/linux/errno.h), unknown to libc
  const name = errno > 0 ? getSystemErrorName(-errno) : '';
  return name.startsWith('E') ? name : `errno ${String(errno)}`;
}

export function check(call: string, result: number): number {
  if (result < 0) throw new Errno(call, result);
  return result;
}

/** An opaque pointer of libbpf's. */
export type Handle = bigint & { readonly __handle: unique symbol };

const LIBBPF = 'libbpf.so.1';

export function loadLibrary(path: string, remedy: string): LibraryHandle {
  try {
    return koffi.load(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KfaasError({ kind: 'environment', message: `cannot load ${path}: ${reason}`, remedy }, { cause: error });
  }
}

export function loadLibbpf(): LibraryHandle {
  return loadLibrary(LIBBPF, 'install libbpf 1.x (Debian and Ubuntu: apt-get install libbpf1)');
}

/** Declares a C function with its TypeScript type; the two must agree, as nothing checks them. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the type is the caller's claim
export function declare<F extends (...parameters: never[]) => unknown>(library: LibraryHandle, prototype: string): F {
  return library.func(prototype) as unknown as F;
}

/** Writes a pointer and how many records of `recordBytes` there are. */
export function writeSpan(
  struct: Buffer,
  bytes: Buffer | undefined,
  pointerAt: number,
  countAt: number,
  recordBytes = 1,
): void {
  if (bytes === undefined || bytes.length === 0) return;
  struct.writeBigUInt64LE(koffi.address(bytes), pointerAt);
  struct.writeUInt32LE(bytes.length / recordBytes, countAt);
}

/** A copy of what lies there. */
export function bytesAt(address: unknown, count: number): Buffer {
  return Buffer.from(koffi.decode(address, koffi.array('uint8_t', count, 'Typed')) as Uint8Array);
}

export function uint32At(address: unknown): number {
  return koffi.decode(address, 'uint32_t') as number;
}

export function addressOf(bytes: Buffer): bigint {
  return koffi.address(bytes);
}

/** Of the last call that told its failure by a null pointer. */
export function lastErrno(): number {
  return koffi.errno();
}

export function loadLibc(): LibraryHandle {
  return koffi.load(null);
}
