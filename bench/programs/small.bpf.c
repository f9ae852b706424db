// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A few instructions over the first bytes of a packet, once for each of the two hooks. */
#include <kfaas.h>

static __always_inline __u32 sum(const __u8 *data, const void *end)
{
	if ((const void *)(data + 8) > end)
		return 0;
	return data[0] + 3 * data[2] + 5 * data[4] + 7 * data[6];
}

SEC("tc")
int small_tc(struct __sk_buff *skb)
{
	return sum(kfaas_data(skb), kfaas_data_end(skb));
}

SEC("xdp")
int small_xdp(struct xdp_md *ctx)
{
	return sum(kfaas_data(ctx), kfaas_data_end(ctx));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
