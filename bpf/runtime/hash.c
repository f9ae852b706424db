// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Hash tables. As in the kernel, an update puts a new element in the old one's place, and the old one is what the next
 * update takes: a pointer that a program still holds keeps its value until then.
 */
#include <errno.h>
#include <string.h>
#include "maps.h"
#include "objects.h"

#define NONE 0u /* elements are counted from 1 */

struct element {
	u32 next; /* in its bucket, or among the free ones */
	u32 newer, older; /* by time of use, for the LRU kind */
	u32 used;
	u8 bytes[]; /* the key, and at a multiple of 8 bytes the value */
};

struct table {
	u32 *buckets;
	u32 mask;
	u8 *elements;
	size_t element_bytes, value_at;
	u32 fresh; /* the first that was never taken */
	u32 free;
	u32 spare; /* what the last update replaced */
	u32 count;
	u32 newest, oldest;
	u32 evictions;
};

static struct element *element_at(const struct table *table, u32 index)
{
	return (struct element *)(table->elements + table->element_bytes * (index - 1));
}

static u32 hash_of(const u8 *key, u32 bytes)
{
	u64 hash = bytes * 0x9e3779b97f4a7c15ull, word;

	for (; bytes >= 8; key += 8, bytes -= 8) {
		memcpy(&word, key, 8);
		hash = (hash ^ word) * 0x9fb21c651e98df25ull;
		hash ^= hash >> 32;
	}
	if (bytes) {
		word = 0;
		memcpy(&word, key, bytes);
		hash = (hash ^ word) * 0x9fb21c651e98df25ull;
		hash ^= hash >> 32;
	}
	return hash ^ hash >> 15;
}

static void hash_create(struct kfaas_map *map)
{
	struct table *table = map->state = kfaas_room(sizeof(*table));
	u64 buckets = 1;

	while (buckets < map->max_entries)
		buckets *= 2;
	table->mask = buckets - 1;
	table->buckets = kfaas_room(buckets * sizeof(u32));
	table->value_at = kfaas_aligned(map->key_size);
	table->element_bytes = kfaas_aligned(sizeof(struct element) + table->value_at + map->value_size);
	table->elements = kfaas_room(table->element_bytes * ((size_t)map->max_entries + 2));
	table->fresh = 1;
}

static u32 *bucket_of(const struct kfaas_map *map, const void *key)
{
	struct table *table = map->state;

	return &table->buckets[hash_of(key, map->key_size) & table->mask];
}

/* The link that leads to the key's element, or the last one of its bucket. */
static u32 *link_to(const struct kfaas_map *map, const void *key)
{
	struct table *table = map->state;
	u32 *link = bucket_of(map, key);

	while (*link && memcmp(element_at(table, *link)->bytes, key, map->key_size))
		link = &element_at(table, *link)->next;
	return link;
}

static void *value_of(const struct table *table, u32 index)
{
	return element_at(table, index)->bytes + table->value_at;
}

static void *hash_lookup(struct kfaas_map *map, const void *key)
{
	struct table *table = map->state;
	u32 index = *link_to(map, key);

	return index ? value_of(table, index) : NULL;
}

static u32 take(struct table *table, u32 *list)
{
	u32 index = *list;

	if (index)
		*list = element_at(table, index)->next;
	return index ? index : table->fresh++;
}

static void give_back(struct table *table, u32 index)
{
	element_at(table, index)->used = 0;
	element_at(table, index)->next = table->free;
	table->free = index;
}

static long hash_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	struct table *table = map->state;

	if (!kfaas_update_flags_are_known(flags))
		return -EINVAL;

	u32 *link = link_to(map, key);
	u32 old = *link;

	if (old && flags & BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags & BPF_EXIST)
		return -ENOENT;
	if (old && (map->type == BPF_MAP_TYPE_PERCPU_HASH || flags & BPF_F_LOCK)) {
		kfaas_write_value(map, value_of(table, old), value);
		return 0;
	}
	if (!old && table->count >= map->max_entries)
		return -E2BIG;

	u32 index;

	if (old) {
		index = table->spare ? table->spare : take(table, &table->free);
		table->spare = old;
		*link = element_at(table, old)->next;
		element_at(table, old)->used = 0;
		kfaas_empty_value(map, value_of(table, old));
	} else {
		index = take(table, &table->free);
		table->count++;
	}

	struct element *element = element_at(table, index);
	u32 *bucket = bucket_of(map, key);

	memcpy(element->bytes, key, map->key_size);
	kfaas_write_value(map, element->bytes + table->value_at, value);
	element->used = 1;
	element->next = *bucket;
	*bucket = index;
	return 0;
}

static long hash_delete(struct kfaas_map *map, const void *key)
{
	struct table *table = map->state;
	u32 *link = link_to(map, key);
	u32 index = *link;

	if (!index)
		return -ENOENT;
	*link = element_at(table, index)->next;
	kfaas_empty_value(map, value_of(table, index));
	give_back(table, index);
	table->count--;
	return 0;
}

static int hash_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	struct table *table = map->state;

	while (++*cursor < table->fresh) {
		struct element *element = element_at(table, *cursor);

		if (!element->used)
			continue;
		*key = element->bytes;
		*value = value_of(table, *cursor);
		return 1;
	}
	return 0;
}

const struct kfaas_map_kind kfaas_hash = { hash_create, hash_lookup, hash_update, hash_delete, hash_each };

/* The LRU kind: a full one forgets what was used longest ago, which is only about what the kernel would forget. */

static void unlink_use(struct table *table, u32 index)
{
	struct element *element = element_at(table, index);

	*(element->newer ? &element_at(table, element->newer)->older : &table->newest) = element->older;
	*(element->older ? &element_at(table, element->older)->newer : &table->oldest) = element->newer;
}

static void link_use(struct table *table, u32 index)
{
	struct element *element = element_at(table, index);

	element->newer = NONE;
	element->older = table->newest;
	*(table->newest ? &element_at(table, table->newest)->newer : &table->oldest) = index;
	table->newest = index;
}

static void *lru_lookup(struct kfaas_map *map, const void *key)
{
	struct table *table = map->state;
	u32 index = *link_to(map, key);

	if (!index)
		return NULL;
	unlink_use(table, index);
	link_use(table, index);
	return value_of(table, index);
}

static long lru_delete(struct kfaas_map *map, const void *key)
{
	u32 index = *link_to(map, key);

	if (index)
		unlink_use(map->state, index);
	return hash_delete(map, key);
}

static long lru_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	struct table *table = map->state;
	u32 old = *link_to(map, key);

	if (!kfaas_update_flags_are_known(flags))
		return -EINVAL;
	if (old && flags & BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags & BPF_EXIST)
		return -ENOENT;
	if (old) {
		unlink_use(table, old);
	} else if (table->count >= map->max_entries) {
		table->evictions++;
		lru_delete(map, element_at(table, table->oldest)->bytes);
	}
	hash_update(map, key, value, BPF_ANY);
	link_use(table, *link_to(map, key));
	return 0;
}

const struct kfaas_map_kind kfaas_lru_hash = { hash_create, lru_lookup, lru_update, lru_delete, hash_each };
