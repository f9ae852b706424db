// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Helpers that ask the machine, loops, strings. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "maps.h"

u32 kfaas_cpu(void)
{
	static s32 cpu = -1;

	return cpu < 0 ? cpu = sched_getcpu() : cpu;
}

u32 kfaas_cpu_count(void)
{
	static u32 count; /* asking takes microseconds */

	return count ? count : (count = sysconf(_SC_NPROCESSORS_CONF));
}

static u64 now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

HELPER(ktime_get_ns)
{
	return now_ns(CLOCK_MONOTONIC);
}

HELPER(ktime_get_boot_ns)
{
	return now_ns(CLOCK_BOOTTIME);
}

HELPER(ktime_get_coarse_ns)
{
	return now_ns(CLOCK_MONOTONIC_COARSE);
}

HELPER(ktime_get_tai_ns)
{
	return now_ns(CLOCK_TAI);
}

HELPER(jiffies64)
{
	return 0x100000000ull - 300 * 250 + now_ns(CLOCK_MONOTONIC_COARSE) / 4000000; /* INITIAL_JIFFIES, HZ=250 */
}

/* xorshift32: as random as a program may expect of it. */
HELPER(get_prandom_u32)
{
	static u32 state = 0x9e3779b9;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

HELPER(get_current_pid_tgid)
{
	static u64 known; /* asking is a system call */

	return known ? known : (known = (u64)getpid() << 32 | (u32)gettid());
}

HELPER(get_smp_processor_id)
{
	return kfaas_cpu();
}

HELPER(get_numa_node_id)
{
	unsigned cpu, node = 0;

	getcpu(&cpu, &node);
	return node;
}

HELPER(loop)
{
	kfaas_function *callback = POINTER(r2);
	u32 i;

	if (r4)
		return -EINVAL;
	if ((u32)r1 > KFAAS_MAX_LOOPS)
		return (u32)-E2BIG; /* 32 bits of it: the verifier inlines this helper, and that is what its version returns */
	for (i = 0; i < (u32)r1; i++)
		if (callback(i, r3, 0, 0, 0))
			return i + 1;
	return i;
}

struct numbers { /* struct bpf_iter_num */
	s32 current, end;
};

KFUNC(bpf_iter_num_new)
{
	struct numbers *numbers = POINTER(r1);
	s64 from = (s32)r2, to = (s32)r3;

	*numbers = (struct numbers){ 0 };
	if (from > to)
		return -EINVAL;
	if (to - from > KFAAS_MAX_LOOPS)
		return -E2BIG;
	*numbers = (struct numbers){ (u32)from - 1, to };
	return 0;
}

KFUNC(bpf_iter_num_next)
{
	struct numbers *numbers = POINTER(r1);

	if ((s32)((u32)numbers->current + 1) >= numbers->end) {
		*numbers = (struct numbers){ 0 };
		return 0;
	}
	numbers->current = (u32)numbers->current + 1;
	return (uintptr_t)&numbers->current;
}

KFUNC(bpf_iter_num_destroy)
{
	return 0;
}

/* Returns how long the text would be. The kernel has formats of its own, which C has not. */
static long formatted(char *to, u32 room, const char *format, u32 bytes, const u64 *values)
{
	if (!bytes || strnlen(format, bytes) == bytes)
		return -EINVAL;
	for (const char *at = strchr(format, '%'); at; at = strchr(at + 1, '%')) {
		if (at[1] == '%')
			at++;
		else if (at[1] == 'p')
			kfaas_stop("text with %p");
	}
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	return snprintf(to, room, format, values[0], values[1], values[2], values[3], values[4], values[5], values[6],
			values[7], values[8], values[9], values[10], values[11]);
}

/* What is printed goes nowhere. */
HELPER(trace_printk)
{
	u64 values[12] = { r3, r4, r5 };

	return formatted(NULL, 0, POINTER(r1), r2, values);
}

HELPER(trace_vprintk)
{
	u64 values[12] = { 0 };

	if ((u32)r4 > sizeof(values) || r4 % 8)
		return -EINVAL;
	memcpy(values, POINTER(r3), (u32)r4);
	return formatted(NULL, 0, POINTER(r1), r2, values);
}

HELPER(snprintf)
{
	const char *format = POINTER(r3);
	u64 values[12] = { 0 };

	if ((u32)r5 > sizeof(values) || r5 % 8)
		return -EINVAL;
	memcpy(values, POINTER(r4), (u32)r5);
	return formatted(POINTER(r1), r2, format, strlen(format) + 1, values) + 1;
}

/* __bpf_strtoull() of kernel/bpf/helpers.c: spaces, a minus, digits. Returns how many characters were read. */
static long parsed(const char *text, u64 bytes, u64 flags, u64 *value, int *is_negative)
{
	u64 base = flags & 0x1f;
	const char *at = text, *end = text + bytes;

	if (!bytes || (base && base != 8 && base != 10 && base != 16) || flags & ~0x1full)
		return -EINVAL;
	while (at < end && isspace((u8)*at))
		at++;
	*is_negative = at < end && *at == '-';
	at += *is_negative;
	if (end - at > 63)
		end = at + 63;
	if (at < end && at[0] == '0') {
		int is_hex = at + 2 < end && tolower(at[1]) == 'x' && isxdigit((u8)at[2]);

		if (!base)
			base = is_hex ? 16 : 8;
		if (base == 16 && at + 1 < end && tolower(at[1]) == 'x')
			at += 2;
	}
	if (!base)
		base = 10;

	const char *digits = at;

	for (*value = 0; at < end && isxdigit((u8)*at); at++) {
		u64 digit = isdigit((u8)*at) ? *at - '0' : tolower(*at) - 'a' + 10;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, digit, value))
			return -ERANGE;
	}
	return at == digits ? -EINVAL : at - text;
}

HELPER(strtol)
{
	int is_negative;
	u64 value;
	long ret = parsed(POINTER(r1), r2, r3, &value, &is_negative);

	*(s64 *)POINTER(r4) = 0; /* where there is no number, too, from 6.12 on and in what was mended behind it */
	if (ret < 0)
		return ret;
	if (is_negative ? (s64)-value > 0 : (s64)value < 0)
		return -ERANGE;
	*(s64 *)POINTER(r4) = is_negative ? -value : value;
	return ret;
}

HELPER(strtoul)
{
	int is_negative;
	u64 value;
	long ret = parsed(POINTER(r1), r2, r3, &value, &is_negative);

	*(u64 *)POINTER(r4) = 0;
	if (ret < 0)
		return ret;
	if (is_negative)
		return -EINVAL;
	*(u64 *)POINTER(r4) = value;
	return ret;
}

HELPER(strncmp)
{
	const u8 *a = POINTER(r1), *b = POINTER(r3);

	for (u32 i = 0; i < (u32)r2; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
		if (!a[i])
			break;
	}
	return 0;
}
