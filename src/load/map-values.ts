/**
 * Keys and values of maps by their types: laid out as C would from what a config file says, and told again as one could say
 * it. Little-endian, as the machines that this runs on. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { z } from 'zod';
import type { Scalar, Type } from './map-types.js';

export type Typed = z.core.util.JSONType;

/** What cannot be laid out, or not be told, as a clause. */
export class Unfit extends Error {}

/** Throws an Unfit. What a mapping leaves out is zero, as in C. */
export function layOut(type: Type, value: Typed): Buffer {
  const to = Buffer.alloc(type.bytes);
  put(to, type, value, '');
  return to;
}

function put(to: Buffer, type: Type, value: Typed, path: string): void {
  const at = path === '' ? '' : `${path}: `;
  switch (type.kind) {
    case 'opaque':
      throw new Unfit(`${at}${type.why}: give its bytes as hex digits in quotes`);
    case 'number':
      putNumber(to, type, value, at);
      return;
    case 'array':
      putArray(to, type, value, path);
      return;
    default:
      putMembers(to, type, value, path);
  }
}

function putNumber(to: Buffer, type: Scalar, value: Typed, at: string): void {
  if (typeof value === 'string' && type.bytes === 4 && isIPv4(value)) {
    to.set(value.split('.').map(Number)); // in network order, as packets have it
    return;
  }
  const number = numberOf(type, value);
  if (number === undefined) throw new Unfit(`${at}give ${wantedOf(type)}, not ${shown(value)}`);
  const bits = BigInt(type.bytes * 8);
  const [least, most] = [type.isSigned ? -(1n << (bits - 1n)) : 0n, (1n << (type.isSigned ? bits - 1n : bits)) - 1n];
  if (number < least || number > most) {
    throw new Unfit(
      `${at}${String(number)} does not fit into ${String(type.bytes)} ${type.isSigned ? 'signed ' : ''}bytes`,
    );
  }
  const bytes = Buffer.from(
    BigInt.asUintN(Number(bits), number)
      .toString(16)
      .padStart(type.bytes * 2, '0'),
    'hex',
  );
  to.set(type.isBigEndian ? bytes : bytes.reverse());
}

function wantedOf({ names, bytes }: Scalar): string {
  if (names !== undefined) return `one of ${[...names.keys()].join(', ')}, or a whole number`;
  return `a whole number${bytes === 4 ? ' or an IPv4 address' : ''}`;
}

function numberOf({ names }: Scalar, value: Typed): bigint | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const named = names?.get(value);
  if (named !== undefined) return named;
  return /^(0x[0-9a-f]+|-?[0-9]+)$/i.test(value) ? BigInt(value) : undefined;
}

function putArray(
  to: Buffer,
  { count, of, bytes }: Extract<Type, { kind: 'array' }>,
  value: Typed,
  path: string,
): void {
  const at = path === '' ? '' : `${path}: `;
  if (typeof value === 'string' && of.kind === 'number' && of.bytes === 1) {
    const written = of.isChar ? Buffer.from(value) : addressOf(value, bytes);
    if (written === undefined) {
      throw new Unfit(
        `${at}give a list of ${String(count)} numbers, ${String(bytes)} bytes as hex digits, or an address of that length, not ${shown(value)}`,
      );
    }
    if (written.length > bytes) throw new Unfit(`${at}${shown(value)} is longer than ${String(bytes)} bytes`);
    to.set(written);
    return;
  }
  if (!Array.isArray(value)) throw new Unfit(`${at}give a list of ${String(count)}, not ${shown(value)}`);
  if (value.length !== count) throw new Unfit(`${at}give ${String(count)} items, not ${String(value.length)}`);
  value.forEach((item: Typed, i) => {
    put(to.subarray(i * of.bytes, (i + 1) * of.bytes), of, item, `${path}[${String(i)}]`);
  });
}

/** Hex digits, an IP address, or a MAC address, of so many bytes. */
function addressOf(text: string, bytes: number): Buffer | undefined {
  if (bytes === 4 && isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (bytes === 16 && isIPv6(text) && !text.includes('.') && !text.includes('%')) return ipv6Address(text);
  const hex = /^([0-9a-f]{2}:)+[0-9a-f]{2}$/i.test(text) ? text.replaceAll(':', '') : text;
  return new RegExp(`^[0-9a-f]{${String(bytes * 2)}}$`, 'i').test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

function ipv6Address(text: string): Buffer {
  const groups = (part = ''): string[] => (part === '' ? [] : part.split(':'));
  const [head, tail] = text.split('::').map(groups);
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  const all = [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function putMembers(to: Buffer, type: Extract<Type, { kind: 'struct' | 'union' }>, value: Typed, path: string): void {
  const at = path === '' ? '' : `${path}: `;
  const names = type.members.map(({ name }) => name).join(', ');
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Unfit(`${at}give a mapping with ${names}, not ${shown(value)}`);
  }
  const taken: { name: string; from: number; to: number }[] = [];
  for (const [name, item] of Object.entries(value)) {
    const member = type.members.find((each) => each.name === name);
    if (member === undefined) throw new Unfit(`${at}there is no member ${name}, only ${names}`);
    const span = { name, from: member.offset, to: member.offset + member.type.bytes };
    const other = taken.find((each) => each.from < span.to && span.from < each.to);
    if (other !== undefined) throw new Unfit(`${at}${name} and ${other.name} share their bytes: give one of them`);
    taken.push(span);
    put(to.subarray(span.from, span.to), member.type, item, path === '' ? name : `${path}.${name}`);
  }
}

function shown(value: Typed): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What could be said for such bytes, so that `layOut` gives the same; undefined where nothing does. */
export function told(type: Type, bytes: Buffer): Typed | undefined {
  const value = tell(type, bytes);
  return value !== undefined && layOut(type, value).equals(bytes) ? value : undefined;
}

function tell(type: Type, bytes: Buffer): Typed | undefined {
  switch (type.kind) {
    case 'number':
      return tellNumber(type, bytes);
    case 'array': {
      const { of, count } = type;
      if (of.kind === 'number' && of.bytes === 1) return of.isChar ? tellText(bytes) : bytes.toString('hex');
      const items = Array.from({ length: count }, (_, i) => tell(of, bytes.subarray(i * of.bytes, (i + 1) * of.bytes)));
      return items.some((item) => item === undefined) ? undefined : (items as Typed[]);
    }
    case 'struct': {
      if (type.hasUnion) return undefined;
      const members = type.members.map(({ name, offset, type: of }): [string, Typed | undefined] => [
        name,
        tell(of, bytes.subarray(offset, offset + of.bytes)),
      ]);
      return members.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(members) as Typed);
    }
    default:
      return undefined;
  }
}

function tellNumber({ isBigEndian, isSigned, names }: Scalar, bytes: Buffer): Typed {
  const hex = (isBigEndian ? bytes : Buffer.from(bytes).reverse()).toString('hex');
  const raw = BigInt(`0x${hex || '0'}`);
  const number = isSigned ? BigInt.asIntN(bytes.length * 8, raw) : raw;
  const named = [...(names ?? [])].find(([, value]) => value === number)?.[0];
  if (named !== undefined) return named;
  return Number.isSafeInteger(Number(number)) ? Number(number) : String(number);
}

/** Text up to its first zero byte. */
function tellText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
