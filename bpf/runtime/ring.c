// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ring buffer. Nobody reads it, as in a test run, so it fills, and what writes to it starts to fail; what is timed finds it full. */
#include <errno.h>
#include <string.h>
#include "maps.h"

struct ring {
	u64 produced, consumed;
	u64 mask;
	u8 *data; /* mapped once: a record that runs over the end goes on behind it */
};

struct header { /* struct bpf_ringbuf_hdr, whose second half is the place of its page */
	u32 length, offset;
};

#define MAX_RECORD ((u64)(0xffffffffu / 4)) /* RINGBUF_MAX_RECORD_SZ */

static void ring_create(struct kfaas_map *map)
{
	struct ring *ring = map->state = kfaas_room(sizeof(*ring));

	ring->mask = map->max_entries - 1;
	ring->data = kfaas_room(2 * (size_t)map->max_entries);
}

static void *reserve(struct ring *ring, u64 bytes)
{
	if (bytes > MAX_RECORD)
		return NULL;

	u64 length = kfaas_aligned(bytes + sizeof(struct header));

	if (length > ring->mask + 1 || ring->produced + length - ring->consumed > ring->mask)
		return NULL;

	struct header *header = (void *)(ring->data + ring->produced);

	header->length = bytes | BPF_RINGBUF_BUSY_BIT;
	ring->produced += length;
	return header + 1;
}

static void finish(void *record, u32 bits)
{
	struct header *header = (struct header *)record - 1;

	header->length = (header->length & ~BPF_RINGBUF_BUSY_BIT) | bits;
}

HELPER(ringbuf_reserve)
{
	return r3 ? 0 : (uintptr_t)reserve(((struct kfaas_map *)POINTER(r1))->state, r2);
}

HELPER(ringbuf_submit)
{
	finish(POINTER(r1), 0);
	return 0;
}

HELPER(ringbuf_discard)
{
	finish(POINTER(r1), BPF_RINGBUF_DISCARD_BIT);
	return 0;
}

HELPER(ringbuf_output)
{
	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;

	void *record = reserve(((struct kfaas_map *)POINTER(r1))->state, r3);

	if (!record)
		return -EAGAIN;
	memcpy(record, POINTER(r2), r3);
	finish(record, 0);
	return 0;
}

HELPER(ringbuf_query)
{
	struct ring *ring = ((struct kfaas_map *)POINTER(r1))->state;

	switch (r2) {
	case BPF_RB_AVAIL_DATA:
		return ring->produced - ring->consumed;
	case BPF_RB_PROD_POS:
		return ring->produced;
	case BPF_RB_CONS_POS:
		return ring->consumed;
	case BPF_RB_RING_SIZE:
		return ring->mask + 1;
	default:
		return 0;
	}
}

static void *no_lookup(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return NULL;
}

static long no_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	(void)map, (void)key, (void)value, (void)flags;
	return -EOPNOTSUPP;
}

static long no_delete(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return -EOPNOTSUPP;
}

/* One element: how much was written. */
static int ring_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	struct ring *ring = map->state;

	*key = *value = &ring->produced;
	return (*cursor)++ == 0;
}

const struct kfaas_map_kind kfaas_ring = { ring_create, no_lookup, no_update, no_delete, ring_each };

/* Leaves no room, as in the kernel's by kfaas_fill_ring() of harness/kernel.c: the reader is as far behind as it can be. */
void kfaas_fill_rings(void)
{
	for (u32 i = 0; i < kfaas_map_count; i++) {
		if (kfaas_maps[i].kind != &kfaas_ring)
			continue;

		struct ring *ring = kfaas_maps[i].state;

		ring->consumed = ring->produced - (ring->mask + 1);
	}
}
