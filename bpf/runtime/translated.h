/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What translated programs are written in: BPF's arithmetic where C's is another, and memory at any alignment. */
#ifndef KFAAS_TRANSLATED_H
#define KFAAS_TRANSLATED_H

#include "runtime.h"

#define AT(type, address) (*(type##_anywhere *)(address))
typedef u8 u8_anywhere __attribute__((may_alias));
typedef s8 s8_anywhere __attribute__((may_alias));
typedef u16 u16_anywhere __attribute__((aligned(1), may_alias));
typedef s16 s16_anywhere __attribute__((aligned(1), may_alias));
typedef u32 u32_anywhere __attribute__((aligned(1), may_alias));
typedef s32 s32_anywhere __attribute__((aligned(1), may_alias));
typedef u64 u64_anywhere __attribute__((aligned(1), may_alias));

/* A divisor of zero gives 0, a modulus of zero leaves the number; the smallest number over -1 wraps around. */
#define ARITHMETIC(bits)                                                                                               \
	static inline u##bits DIV##bits(u##bits a, u##bits b) { return b ? a / b : 0; }                                \
	static inline u##bits MOD##bits(u##bits a, u##bits b) { return b ? a % b : a; }                                \
	static inline u##bits SDIV##bits(u##bits a, u##bits b)                                                         \
	{                                                                                                              \
		return b == (u##bits)-1 ? -a : b ? (u##bits)((s##bits)a / (s##bits)b) : 0;                             \
	}                                                                                                              \
	static inline u##bits SMOD##bits(u##bits a, u##bits b)                                                         \
	{                                                                                                              \
		return b == (u##bits)-1 ? 0 : b ? (u##bits)((s##bits)a % (s##bits)b) : a;                              \
	}                                                                                                              \
	/* Only the low bits of a shift count matter. */                                                               \
	static inline u##bits LSH##bits(u##bits a, u##bits b) { return a << (b & (bits - 1)); }                        \
	static inline u##bits RSH##bits(u##bits a, u##bits b) { return a >> (b & (bits - 1)); }                        \
	static inline u##bits ARSH##bits(u##bits a, u##bits b) { return (u##bits)((s##bits)a >> (b & (bits - 1))); }

ARITHMETIC(32)
ARITHMETIC(64)

#endif
