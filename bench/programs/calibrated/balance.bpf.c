// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* An XDP program as load balancers are: a hash of the packet's first bytes chooses a backend. No branch of it matters. */
#include "edits.h"

#define HASHED_BYTES 80
#define BACKENDS 8

const volatile __u32 backends[BACKENDS] = { 10, 11, 12, 13, 14, 15, 16, 17 };

SEC("xdp")
int balance(struct xdp_md *ctx)
{
	dummy_instructions();

	const __u8 *data = kfaas_data(ctx);
	__u32 hash = FNV1A_START;

	if ((void *)(data + HASHED_BYTES) > kfaas_data_end(ctx))
		return XDP_ABORTED;
	if (__builtin_expect(data[12] == VLAN_TAG, 0))
		return unreached(data);
	hash = fnv1a(data, HASHED_BYTES / 2, hash);
	hash = extra_work(data, hash);
	hash = fnv1a(data + HASHED_BYTES / 2, HASHED_BYTES / 2, hash);
	count_packet();
	return backends[scattered(folded(hash)) % BACKENDS];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
