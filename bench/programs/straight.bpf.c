// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What branchy.bpf.c computes, without a branch but the bounds check: what this program costs hardly depends on where its code
 * lies. The same work, because what an instruction costs depends on the work around it.
 */
#include <kfaas.h>

#define PARSED_BYTES 48
/* Steps of extra work; each waits for the one before it. */
#ifndef EXTRA
#define EXTRA 0
#endif

SEC("tc")
int straight(struct __sk_buff *skb)
{
	const __u8 *data = kfaas_data(skb);
	__u32 sum = 0;

	if ((void *)(data + PARSED_BYTES) > kfaas_data_end(skb))
		return 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < PARSED_BYTES; i++) {
		__u32 byte = data[i];
		__u32 odd = -(byte & 1), second = -(byte >> 1 & 1);

		barrier_var(odd); /* or clang makes branches of the masks */
		barrier_var(second);
		sum = (odd & (sum + byte)) | (~odd & ((second & (sum ^ byte << 3)) | (~second & ((sum >> 1) + byte))));
	}
#pragma clang loop unroll(full)
	for (int i = 0; i < EXTRA; i++) {
		sum = sum * 31 + i;
		barrier_var(sum);
	}
	return sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
