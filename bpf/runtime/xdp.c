// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Helpers of XDP programs; what they refuse is what net/core/filter.c refuses. */
#include <errno.h>
#include <string.h>
#include "packet.h"

#define FRAME_HEADER 40 /* sizeof(struct xdp_frame), which must fit in front of a packet */
#define MAX_META 255

HELPER(xdp_adjust_head)
{
	struct xdp_md *xdp = POINTER(r1);
	struct kfaas_packet *room = kfaas_room_of(xdp);
	u8 *data = kfaas_at(xdp->data) + (s32)r2;
	u32 meta = xdp->data - xdp->data_meta;

	if (data < room->head + FRAME_HEADER + meta || data > kfaas_at(xdp->data_end) - ETH_HEADER)
		return -EINVAL;
	if (meta)
		memmove(data - meta, kfaas_at(xdp->data_meta), meta);
	xdp->data = (uintptr_t)data;
	xdp->data_meta = xdp->data - meta;
	return 0;
}

HELPER(xdp_adjust_meta)
{
	struct xdp_md *xdp = POINTER(r1);
	u8 *meta = kfaas_at(xdp->data_meta) + (s32)r2;
	u32 bytes = kfaas_at(xdp->data) - meta;

	if (meta < kfaas_room_of(xdp)->head + FRAME_HEADER || meta > kfaas_at(xdp->data))
		return -EINVAL;
	if (bytes & 3 || bytes > MAX_META)
		return -EACCES;
	xdp->data_meta = (uintptr_t)meta;
	return 0;
}

HELPER(xdp_adjust_tail)
{
	struct xdp_md *xdp = POINTER(r1);
	u8 *end = kfaas_at(xdp->data_end) + (s32)r2;

	if (end > kfaas_room_of(xdp)->end || end < kfaas_at(xdp->data) + ETH_HEADER)
		return -EINVAL;
	if ((s32)r2 > 0)
		memset(kfaas_at(xdp->data_end), 0, (s32)r2);
	xdp->data_end = (uintptr_t)end;
	return 0;
}

/* Where so many bytes are, or why they are not. */
static long bytes_at(const struct xdp_md *xdp, u32 offset, u32 bytes, u8 **place)
{
	if (offset > 0xffff || bytes > 0xffff)
		return -EFAULT;
	if (offset + bytes > xdp->data_end - xdp->data)
		return -EINVAL;
	*place = kfaas_at(xdp->data) + offset;
	return 0;
}

HELPER(xdp_load_bytes)
{
	u8 *place;
	long ret = bytes_at(POINTER(r1), r2, r4, &place);

	if (!ret)
		memcpy(POINTER(r3), place, (u32)r4);
	return ret;
}

HELPER(xdp_store_bytes)
{
	u8 *place;
	long ret = bytes_at(POINTER(r1), r2, r4, &place);

	if (!ret)
		memcpy(place, POINTER(r3), (u32)r4);
	return ret;
}

HELPER(xdp_get_buff_len)
{
	struct xdp_md *xdp = POINTER(r1);

	return xdp->data_end - xdp->data;
}

/* Only the answer: a test run redirects nothing. */
HELPER(redirect_map)
{
	struct kfaas_map *map = POINTER(r1);
	int is_device = map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH;
	u64 on_miss = XDP_ABORTED | XDP_DROP | XDP_PASS | XDP_TX;
	u64 known = on_miss | (is_device ? BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS : 0);
	u32 key = r2;

	if (r3 & ~known)
		return XDP_ABORTED;
	if (!map->kind->lookup(map, &key) && !(r3 & BPF_F_BROADCAST)) {
		if (kfaas_on_miss)
			kfaas_on_miss(map, &key);
		return r3 & on_miss;
	}
	return XDP_REDIRECT;
}
