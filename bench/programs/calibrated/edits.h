/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What calibration changes in the programs of this folder. A head is one of them with some of these defined in front; the
 * base has none of them.
 */
#ifndef EDITS_H
#define EDITS_H

#include <kfaas.h>

/* Steps of extra work: a running sum over bytes of the packet. */
#ifndef EXTRA
#define EXTRA 0
#endif

/* Instructions that nothing depends on, in front of everything else. */
#ifndef DUMMIES
#define DUMMIES 0
#endif

#ifndef MAP_NAME
#define MAP_NAME counters
#endif

#define VLAN_TAG 0x81

static __always_inline void dummy_instructions(void)
{
#ifdef __bpf__
#pragma clang loop unroll(full)
	for (int i = 0; i < DUMMIES; i++)
		asm volatile("r0 = 1" ::: "r0");
#endif
}

#ifdef __bpf__ /* in user space there are no maps */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} MAP_NAME SEC(".maps");
#endif

static __always_inline void count_packet(void)
{
#ifdef __bpf__
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&MAP_NAME, &key);

	if (count)
		*count += 1;
#endif
}

/*
 * In the middle of a chain of dependent instructions, so that what it costs does not depend on how much of the next run the CPU
 * has begun already. `data` has at least 32 bytes.
 */
static __always_inline __u32 extra_work(const __u8 *data, __u32 sum)
{
#pragma clang loop unroll(full)
	for (int i = 0; i < EXTRA; i++) {
		sum += data[i % 32];
		barrier_var(sum);
	}
	return sum;
}

#define FNV1A_START 2166136261u

static __always_inline __u32 fnv1a(const __u8 *data, int count, __u32 hash)
{
#pragma clang loop unroll(full)
	for (int i = 0; i < count; i++) {
		hash = (hash ^ data[i]) * 16777619u;
		barrier(); /* or clang reads all the bytes first and runs out of stack */
	}
	return hash;
}

/* Two functions; which of them libbpf puts first follows from the order in which a program calls them. */
#ifdef REORDERED
static __noinline __u32 scattered(__u32 value)
{
	return value * 0x9e3779b1u >> 16;
}
#endif

static __noinline __u32 folded(__u32 value)
{
	return (value >> 16) ^ (value & 0xffff);
}

#ifndef REORDERED
static __noinline __u32 scattered(__u32 value)
{
	return value * 0x9e3779b1u >> 16;
}
#endif

/* What is done with a VLAN tag, which the packet of calibration does not have. */
static __always_inline __u32 unreached(const __u8 *data)
{
	__u32 sum = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < 6; i++)
#ifdef CHANGED_UNREACHED
		sum = sum << 3 ^ data[i];
#else
		sum = sum << 5 | data[i];
#endif
#ifdef REORDERED
	return scattered(sum);
#else
	return folded(sum);
#endif
}

#endif
