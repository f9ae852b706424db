// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A parser whose branches depend on every byte: what such a program costs depends on where its code lies. */
#include <kfaas.h>

#define PARSED_BYTES 48
/* Steps of extra work; each waits for the one before it. */
#ifndef EXTRA
#define EXTRA 0
#endif

SEC("tc")
int branchy(struct __sk_buff *skb)
{
	const __u8 *data = kfaas_data(skb);
	__u32 sum = 0;

	if ((void *)(data + PARSED_BYTES) > kfaas_data_end(skb))
		return 0;
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
#pragma clang loop unroll(full)
	for (int i = 0; i < EXTRA; i++) {
		sum = sum * 31 + i;
		barrier_var(sum);
	}
	return sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
