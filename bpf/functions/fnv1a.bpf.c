// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* FNV-1a (32 bits) over the first 64 bytes of a UDP payload behind plain Ethernet and IPv4 headers. */
#include <kfaas.h>

#define PAYLOAD_OFFSET (14 + 20 + 8)
#define PAYLOAD_BYTES 64

SEC("tc")
int fnv1a(struct __sk_buff *skb)
{
	const __u8 *payload = kfaas_data(skb) + PAYLOAD_OFFSET;

	if ((void *)(payload + PAYLOAD_BYTES) > kfaas_data_end(skb))
		return 0;

	__u32 hash = 2166136261u;

	for (int i = 0; i < PAYLOAD_BYTES; i++)
		hash = (hash ^ payload[i]) * 16777619u;
	return hash;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
