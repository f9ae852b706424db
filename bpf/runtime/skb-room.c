// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Helpers that make packets of a struct __sk_buff longer or shorter; what they refuse is what net/core/filter.c refuses. */
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include "skb.h"

/* Newer than some machines' <linux/bpf.h>. */
#define ENCAP_L3_IPV4 (1ull << 1)
#define ENCAP_L3_IPV6 (1ull << 2)
#define ENCAP_L3 (ENCAP_L3_IPV4 | ENCAP_L3_IPV6)
#define ENCAP_L4_GRE (1ull << 3)
#define ENCAP_L4_UDP (1ull << 4)
#define ENCAP_L2_ETH (1ull << 6)
#define ENCAP_L2_BYTES (0xffull << 56)
#define DECAP_L3_IPV4 (1ull << 7)
#define DECAP_L3_IPV6 (1ull << 8)
#define DECAP_L3 (DECAP_L3_IPV4 | DECAP_L3_IPV6)
#define WHEN_SHRINKING (BPF_F_ADJ_ROOM_FIXED_GSO | DECAP_L3 | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
#define WHEN_GROWING (ENCAP_L3 | ENCAP_L4_GRE | ENCAP_L4_UDP | ENCAP_L2_ETH | ENCAP_L2_BYTES)

#define IPV4_HEADER 20
#define IPV6_HEADER 40

void kfaas_make_room(skb_t *skb, u32 keep, s32 bytes)
{
	u8 *data = data_of(skb);

	if (data - bytes < kfaas_room_of(skb)->head)
		kfaas_stop("room to grow a packet so much");
	memmove(data - bytes, data, keep);
	skb->data -= bytes;
	if (bytes > 0)
		memset(data_of(skb) + keep, 0, bytes);
	set_length(skb, skb->len + bytes);
}

HELPER(skb_change_head)
{
	skb_t *skb = POINTER(r1);

	if (r3 || (s32)r2 < 0 || skb->len + (u32)r2 > MAX_PACKET)
		return -EINVAL;
	kfaas_make_room(skb, 0, r2);
	return 0;
}

HELPER(skb_change_tail)
{
	skb_t *skb = POINTER(r1);
	struct kfaas_packet *room = kfaas_room_of(skb);
	u32 length = r2;

	if (r3 || length > MAX_PACKET || data_of(skb) + length < room->network_header)
		return -EINVAL;
	if (data_of(skb) + length > room->end)
		kfaas_stop("room to grow a packet so much");
	if (length > skb->len)
		memset(data_of(skb) + skb->len, 0, length - skb->len);
	set_length(skb, length);
	return 0;
}

static u32 header_bytes(const skb_t *skb)
{
	return skb->protocol == htons(ETH_P_IP) ? IPV4_HEADER : skb->protocol == htons(ETH_P_IPV6) ? IPV6_HEADER : 0;
}

/* What bpf_skb_net_grow() refuses of encapsulation, and what it makes of the protocol. */
static long encapsulate(skb_t *skb, u32 bytes, u64 flags)
{
	u32 inner_ethernet = flags >> 56;

	if ((flags & ENCAP_L3) == ENCAP_L3 || (flags & ENCAP_L4_GRE && flags & ENCAP_L4_UDP) ||
	    (flags & ENCAP_L2_ETH && inner_ethernet < ETH_HEADER))
		return -EINVAL;
	if (kfaas_room_of(skb)->is_encapsulated)
		return -EALREADY;
	if (inner_ethernet > bytes)
		return -EINVAL;
	kfaas_room_of(skb)->is_encapsulated = 1;
	skb->protocol = htons(flags & ENCAP_L3_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
	return 0;
}

HELPER(skb_adjust_room)
{
	skb_t *skb = POINTER(r1);
	struct kfaas_packet *room = kfaas_room_of(skb);
	s32 bytes = r2;
	u32 network = room->network_header - data_of(skb);
	u32 payload = skb->len - network;
	u32 header = header_bytes(skb), least = header;

	if (r4 & ~(WHEN_SHRINKING | WHEN_GROWING))
		return -EINVAL;
	if (bytes > 0xfff || bytes < -0xfff)
		return -EFAULT;
	if (!header || r3 > BPF_ADJ_ROOM_MAC)
		return NOT_SUPPORTED;
	if (r4 & DECAP_L3) {
		if (bytes >= 0 || (r4 & DECAP_L3) == DECAP_L3)
			return -EINVAL;
		least = r4 & DECAP_L3_IPV4 ? IPV4_HEADER : IPV6_HEADER;
	}

	u32 keep = network + (r3 == BPF_ADJ_ROOM_NET ? header : 0);

	if (bytes < 0) {
		if ((u32)-bytes >= payload || payload + bytes < least)
			return NOT_SUPPORTED;
		if (r4 & ~WHEN_SHRINKING)
			return -EINVAL;
		if (keep + -bytes > skb->len)
			return -ENOMEM;
		if (r4 & DECAP_L3)
			skb->protocol = htons(r4 & DECAP_L3_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	} else {
		if (skb->len + bytes > MAX_PACKET)
			return NOT_SUPPORTED;

		long refused = r4 & ENCAP_L3 ? encapsulate(skb, bytes, r4) : 0;

		if (refused)
			return refused;
	}
	kfaas_make_room(skb, keep, bytes);
	room->network_header = data_of(skb) + network;
	return 0;
}

HELPER(skb_change_proto)
{
	skb_t *skb = POINTER(r1);
	struct kfaas_packet *room = kfaas_room_of(skb);
	u32 network = room->network_header - data_of(skb);
	s32 longer = IPV6_HEADER - IPV4_HEADER;
	u16 from = skb->protocol, to = r2;

	if (r3)
		return -EINVAL;
	if (from == htons(ETH_P_IPV6) && to == htons(ETH_P_IP))
		longer = -longer;
	else if (from != htons(ETH_P_IP) || to != htons(ETH_P_IPV6))
		return NOT_SUPPORTED;
	if (longer < 0 && network - longer > skb->len)
		return -ENOMEM;
	kfaas_make_room(skb, network, longer);
	room->network_header = data_of(skb) + network;
	skb->protocol = to;
	skb->hash = 0;
	return 0;
}
