// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Helpers of programs on a struct __sk_buff; what they refuse is what net/core/filter.c refuses. */
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include "skb.h"

#define VLAN_BYTES 4

int kfaas_load_packet(u64 context, u32 offset, u32 bytes, u64 *value)
{
	const skb_t *skb = POINTER(context);
	u8 *from = bytes_at(skb, offset, bytes);

	if ((s32)offset < 0) { /* SKF_NET_OFF, SKF_LL_OFF of classic BPF */
		u8 *network = kfaas_packet.context == skb ? kfaas_packet.network_header : data_of(skb) + ETH_HEADER;
		s32 relative = offset;

		from = relative >= -0x100000 ? network + (relative + 0x100000) :
		       relative >= -0x200000 ? network - ETH_HEADER + (relative + 0x200000) : NULL;
		if (!from || from < data_of(skb) - ETH_HEADER || from + bytes > data_of(skb) + skb->len)
			return -EFAULT;
	}
	if (!from)
		return -EFAULT;
	*value = 0;
	for (u32 i = 0; i < bytes; i++)
		*value = *value << 8 | from[i];
	return 0;
}

HELPER(skb_load_bytes)
{
	u8 *from = bytes_at(POINTER(r1), r2, r4);

	if (!from) {
		memset(POINTER(r3), 0, (u32)r4);
		return -EFAULT;
	}
	memcpy(POINTER(r3), from, (u32)r4);
	return 0;
}

HELPER(skb_load_bytes_relative)
{
	skb_t *skb = POINTER(r1);
	u8 *network = kfaas_room_of(skb)->network_header;
	u8 *end = data_of(skb) + skb->len;
	u8 *start = r5 == BPF_HDR_START_NET ? network : network - ETH_HEADER;

	if ((u32)r2 > 0xffff || r5 > BPF_HDR_START_NET || start + (u32)r2 + (u32)r4 > end) {
		memset(POINTER(r3), 0, (u32)r4);
		return -EFAULT;
	}
	memcpy(POINTER(r3), start + (u32)r2, (u32)r4);
	return 0;
}

HELPER(skb_store_bytes)
{
	skb_t *skb = POINTER(r1);
	u8 *to = bytes_at(skb, r2, r4);

	if (r5 & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	if (!to)
		return -EFAULT;
	memmove(to, POINTER(r3), (u32)r4);
	if (r5 & BPF_F_INVALIDATE_HASH)
		skb->hash = 0;
	return 0;
}

HELPER(skb_pull_data)
{
	return (u32)r2 > ((skb_t *)POINTER(r1))->len ? -ENOMEM : 0;
}

/* The same number for every packet of a flow would do; this one is of the packet's headers. The kernel keeps it, too. */
HELPER(get_hash_recalc)
{
	skb_t *skb = POINTER(r1);
	u32 hash = 0x811c9dc5, bytes = skb->len < 64 ? skb->len : 64;

	if (skb->hash)
		return skb->hash;
	for (u32 i = 0; i < bytes; i++)
		hash = (hash ^ data_of(skb)[i]) * 0x01000193; /* FNV-1a */
	return skb->hash = hash | 1;
}

HELPER(set_hash)
{
	((skb_t *)POINTER(r1))->hash = r2;
	return 0;
}

HELPER(set_hash_invalid)
{
	((skb_t *)POINTER(r1))->hash = 0;
	return 0;
}

HELPER(skb_change_type)
{
	skb_t *skb = POINTER(r1);

	if (skb->pkt_type > 3 || (u32)r2 > 3) /* PACKET_OTHERHOST */
		return -EINVAL;
	skb->pkt_type = r2;
	return 0;
}

/* The kernel keeps the outermost tag beside the packet; a second one goes into the packet. */
static int is_vlan(u32 protocol)
{
	return protocol == htons(ETH_P_8021Q) || protocol == htons(ETH_P_8021AD);
}

HELPER(skb_vlan_push)
{
	skb_t *skb = POINTER(r1);
	u16 protocol = is_vlan((u16)r2) ? r2 : htons(ETH_P_8021Q);

	if (skb->vlan_present) {
		u16 tag[2] = { skb->vlan_proto, htons(skb->vlan_tci) };

		kfaas_make_room(skb, 12, VLAN_BYTES);
		memcpy(data_of(skb) + 12, tag, sizeof(tag));
		skb->protocol = skb->vlan_proto;
	}
	skb->vlan_present = 1;
	skb->vlan_proto = protocol;
	skb->vlan_tci = (u16)r3;
	return 0;
}

static void take_tag_out(skb_t *skb, u16 *tci)
{
	u16 tag[2], inner;

	memcpy(tag, data_of(skb) + 12, sizeof(tag));
	memcpy(&inner, data_of(skb) + 16, sizeof(inner));
	*tci = ntohs(tag[1]);
	kfaas_make_room(skb, 12, -VLAN_BYTES);
	skb->protocol = ntohs(inner) >= 0x600 ? inner : htons(ETH_P_802_2);
	if (kfaas_room_of(skb)->network_header < data_of(skb) + ETH_HEADER)
		kfaas_room_of(skb)->network_header = data_of(skb) + ETH_HEADER;
}

HELPER(skb_vlan_pop)
{
	skb_t *skb = POINTER(r1);
	u16 tci;

	if (skb->vlan_present) {
		skb->vlan_present = skb->vlan_tci = skb->vlan_proto = 0;
	} else {
		if (!is_vlan(skb->protocol))
			return 0;
		if (skb->len < ETH_HEADER + VLAN_BYTES)
			return -ENOMEM;
		take_tag_out(skb, &tci);
	}
	if (!is_vlan(skb->protocol))
		return 0;

	u16 protocol = skb->protocol;

	if (skb->len < ETH_HEADER + VLAN_BYTES)
		return -ENOMEM;
	take_tag_out(skb, &tci);
	skb->vlan_present = 1;
	skb->vlan_proto = protocol;
	skb->vlan_tci = tci;
	return 0;
}

/* Only the answer: a test run redirects nothing. */
HELPER(redirect)
{
	if (kfaas_program_type == BPF_PROG_TYPE_XDP)
		return r2 ? XDP_ABORTED : XDP_REDIRECT;
	return r2 & ~(u64)BPF_F_INGRESS ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

HELPER(redirect_peer)
{
	return r2 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

HELPER(redirect_neigh)
{
	return r4 || (r3 && r3 < sizeof(struct bpf_redir_neigh)) ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

/* No route is attached to the packet of a test run. */
HELPER(get_route_realm)
{
	return 0;
}
