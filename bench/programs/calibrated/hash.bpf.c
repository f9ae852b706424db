// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A tc program without a branch that matters: FNV-1a over the packet's first bytes. */
#include "edits.h"

#define HASHED_BYTES 96

SEC("tc")
int hash(struct __sk_buff *skb)
{
	dummy_instructions();

	const __u8 *data = kfaas_data(skb);
	__u32 hash = FNV1A_START;

	if ((void *)(data + HASHED_BYTES) > kfaas_data_end(skb))
		return 0;
	if (__builtin_expect(data[12] == VLAN_TAG, 0))
		return unreached(data);
	hash = fnv1a(data, HASHED_BYTES / 2, hash);
	hash = extra_work(data, hash);
	hash = fnv1a(data + HASHED_BYTES / 2, HASHED_BYTES / 2, hash);
	count_packet();
	return scattered(folded(hash));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
