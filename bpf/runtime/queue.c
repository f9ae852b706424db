// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Queues and stacks. */
#include <errno.h>
#include <string.h>
#include "maps.h"

struct queue {
	u32 first, count;
	u8 *values; /* max_entries of them, in a ring */
};

static void queue_create(struct kfaas_map *map)
{
	struct queue *queue = map->state = kfaas_room(sizeof(*queue));

	queue->values = kfaas_room((size_t)map->value_size * map->max_entries);
}

static u8 *value_at(const struct kfaas_map *map, u32 place)
{
	struct queue *queue = map->state;

	return queue->values + (size_t)map->value_size * ((queue->first + place) % map->max_entries);
}

/* BPF_EXIST makes room by forgetting the oldest. */
long kfaas_queue_push(struct kfaas_map *map, const void *value, u64 flags)
{
	struct queue *queue = map->state;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	if (queue->count == map->max_entries) {
		if (!(flags & BPF_EXIST))
			return -E2BIG;
		queue->first = (queue->first + 1) % map->max_entries;
		queue->count--;
	}
	memcpy(value_at(map, queue->count++), value, map->value_size);
	return 0;
}

long kfaas_queue_pop(struct kfaas_map *map, void *value, int keep)
{
	struct queue *queue = map->state;
	int is_stack = map->type == BPF_MAP_TYPE_STACK;

	if (!queue->count) {
		memset(value, 0, map->value_size);
		return -ENOENT;
	}
	memcpy(value, value_at(map, is_stack ? queue->count - 1 : 0), map->value_size);
	if (keep)
		return 0;
	queue->first = is_stack ? queue->first : (queue->first + 1) % map->max_entries;
	queue->count--;
	return 0;
}

static void *no_lookup(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return NULL;
}

static long queue_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	(void)key;
	return kfaas_queue_push(map, value, flags);
}

static long no_delete(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return -EINVAL;
}

/* In the order of popping. */
static int queue_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	struct queue *queue = map->state;
	u32 place = (*cursor)++;

	*key = cursor;
	*value = NULL;
	if (place >= queue->count)
		return 0;
	*value = value_at(map, map->type == BPF_MAP_TYPE_STACK ? queue->count - 1 - place : place);
	return 1;
}

const struct kfaas_map_kind kfaas_queue = { queue_create, no_lookup, queue_update, no_delete, queue_each };
