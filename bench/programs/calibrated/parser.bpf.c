// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The parser of ../branchy.bpf.c, whose branches depend on every byte, with what calibration edits around it. */
#include "edits.h"

#define PARSED_BYTES 48

__u32 extra_result;

SEC("tc")
int parser(struct __sk_buff *skb)
{
	dummy_instructions();

	const __u8 *data = kfaas_data(skb);
	__u32 sum = 0;

	if ((void *)(data + PARSED_BYTES) > kfaas_data_end(skb))
		return 0;
	if (__builtin_expect(data[12] == VLAN_TAG, 0))
		return unreached(data);
#pragma clang loop unroll(disable)
	for (int i = 0; i < PARSED_BYTES; i++) {
		__u32 byte = data[i];

		if (byte & 1)
			sum += byte;
		else if (byte & 2)
			sum ^= byte << 3;
		else
			sum = (sum >> 1) + byte;
	}
	count_packet();
	extra_result = extra_work(data, sum);
	return scattered(folded(sum));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
