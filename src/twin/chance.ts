/**
 * Helpers whose results depend on time or chance. For the proof each of their calls becomes a constant, the same on both
 * sides; what is timed calls them. Pure.
 */
import { insn } from '../load/instructions.js';
import { alu, CALL, classes, decode } from './bytecode.js';
import { helperName, helperNumber } from './helpers.js';

/** By helper. Any number does; these are above the low bits that programs mask out, and differ from each other. */
export const constants: ReadonlyMap<number, number> = new Map(
  Object.entries({
    ktime_get_ns: 0x3b9aca07,
    ktime_get_boot_ns: 0x3b9aca09,
    ktime_get_coarse_ns: 0x3b9aca15,
    ktime_get_tai_ns: 0x3b9aca21,
    jiffies64: 0x12345678,
    get_prandom_u32: 0x2545f491,
    get_hash_recalc: 0x1b873593,
    get_current_pid_tgid: 0x00bc614e,
    get_socket_cookie: 0x00c0ffee,
    get_netns_cookie: 0x00c0ffff,
  }).map(([name, value]) => [helperNumber(name), value]),
);

export interface WithoutChance {
  readonly insns: Buffer;
  /** Helpers that were replaced, by name. */
  readonly replaced: readonly string[];
}

export function withoutChance(insns: Buffer): WithoutChance {
  const settled = Buffer.from(insns);
  const replaced = new Set<string>();
  for (const { at, code, src, imm } of decode(insns)) {
    const constant = code === CALL && src === 0 ? constants.get(imm) : undefined;
    if (constant === undefined) continue;
    insn(classes.ALU64 | alu.MOV, 0, 0, 0, constant).copy(settled, at * 8);
    replaced.add(`bpf_${helperName(imm)}`);
  }
  return { insns: settled, replaced: [...replaced] };
}
