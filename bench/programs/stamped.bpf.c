// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * FNV-1a over 128 bytes that clocks itself: the last run of a batch of KFAAS_BATCH runs returns the nanoseconds from the
 * entry of the batch's first run to its own, the others return 0.
 */
#include <kfaas.h>

#define HASHED_BYTES 128

static __u64 first_ns;
static __u32 runs;
__u32 sink;

static __always_inline int stamped(const __u8 *data, const void *data_end)
{
	__u32 elapsed_ns = 0;

	if (runs == 0)
		first_ns = bpf_ktime_get_ns();
	if (++runs == KFAAS_BATCH) {
		elapsed_ns = bpf_ktime_get_ns() - first_ns;
		runs = 0;
	}
	if ((const void *)(data + HASHED_BYTES) > data_end)
		return 0;

	__u32 hash = 2166136261u;

	for (int i = 0; i < HASHED_BYTES; i++)
		hash = (hash ^ data[i]) * 16777619u;
	sink = hash;
	return elapsed_ns;
}

SEC("tc")
int stamped_tc(struct __sk_buff *skb)
{
	return stamped(kfaas_data(skb), kfaas_data_end(skb));
}

SEC("xdp")
int stamped_xdp(struct xdp_md *ctx)
{
	return stamped(kfaas_data(ctx), kfaas_data_end(ctx));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
