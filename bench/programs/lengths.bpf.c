// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Programs of any length: they go round as often as the first byte behind the Ethernet header says. */
#include <kfaas.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} known SEC(".maps");

static __always_inline __u32 turns(struct __sk_buff *skb)
{
	__u8 *data = kfaas_data(skb);

	return (void *)(data + 16) > kfaas_data_end(skb) ? 0 : data[15];
}

/* Arithmetic alone. */
SEC("tc")
int arithmetic(struct __sk_buff *skb)
{
	__u32 sum = 1, count = turns(skb);

	for (__u32 i = 0; i < count; i++)
		sum = (sum ^ i) + (sum >> 3) * 5;
	return sum & 0xff;
}

/* A look-up in a hash table every turn, which finds nothing. */
SEC("tc")
int lookups(struct __sk_buff *skb)
{
	__u32 found = 0, count = turns(skb);

	for (__u32 i = 0; i < count; i++) {
		__u32 key = i;

		found += bpf_map_lookup_elem(&known, &key) != 0;
	}
	return found;
}

char LICENSE[] SEC("license") = "GPL";
