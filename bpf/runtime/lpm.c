// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Longest prefix match: a hash table of masked keys, asked once for every prefix length in use, the longest first.
 * A key is a u32 prefix length and the bits behind it, the highest bit of the first byte first; what it was given as
 * stands in front of its value, since user space sees that.
 */
#include <errno.h>
#include <string.h>
#include "maps.h"

#define MAX_DATA 256 /* LPM_DATA_SIZE_MAX */

struct trie {
	struct kfaas_map table; /* the elements, under masked keys */
	u32 used[MAX_DATA * 8 + 1]; /* elements of each prefix length */
};

struct key {
	u32 prefix;
	u8 data[MAX_DATA];
};

static u32 longest(const struct kfaas_map *map)
{
	return (map->key_size - sizeof(u32)) * 8;
}

static size_t value_at(const struct kfaas_map *map)
{
	return kfaas_aligned(map->key_size);
}

static void lpm_create(struct kfaas_map *map)
{
	struct trie *trie = map->state = kfaas_room(sizeof(*trie));

	trie->table = *map;
	trie->table.type = BPF_MAP_TYPE_HASH;
	trie->table.kind = &kfaas_hash;
	trie->table.value_size = value_at(map) + map->value_size;
	kfaas_hash.create(&trie->table);
}

static void mask(const struct kfaas_map *map, const struct key *from, u32 prefix, struct key *to)
{
	u32 bytes = prefix / 8;

	memset(to, 0, map->key_size);
	to->prefix = prefix;
	memcpy(to->data, from->data, bytes);
	if (prefix % 8)
		to->data[bytes] = from->data[bytes] & (0xff00 >> prefix % 8);
}

static void *lpm_lookup(struct kfaas_map *map, const void *key)
{
	struct trie *trie = map->state;
	u32 prefix = ((const struct key *)key)->prefix;
	struct key masked;
	u8 *value;

	if (prefix > longest(map))
		return NULL;
	for (u32 p = prefix + 1; p-- > 0;) {
		if (!trie->used[p])
			continue;
		mask(map, key, p, &masked);
		if ((value = kfaas_hash.lookup(&trie->table, &masked)))
			return value + value_at(map);
	}
	return NULL;
}

static long lpm_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	struct trie *trie = map->state;
	u32 prefix = ((const struct key *)key)->prefix;
	struct key masked;
	u8 whole[trie->table.value_size];

	if (flags > BPF_EXIST || prefix > longest(map))
		return -EINVAL;
	mask(map, key, prefix, &masked);
	memcpy(whole, key, map->key_size);
	memcpy(whole + value_at(map), value, map->value_size);

	int is_new = !kfaas_hash.lookup(&trie->table, &masked);
	long ret = kfaas_hash.update(&trie->table, &masked, whole, flags);

	trie->used[prefix] += !ret && is_new;
	return ret == -E2BIG ? -ENOSPC : ret;
}

static long lpm_delete(struct kfaas_map *map, const void *key)
{
	struct trie *trie = map->state;
	u32 prefix = ((const struct key *)key)->prefix;
	struct key masked;

	if (prefix > longest(map))
		return -EINVAL;
	mask(map, key, prefix, &masked);

	long ret = kfaas_hash.delete(&trie->table, &masked);

	trie->used[prefix] -= !ret;
	return ret;
}

static int lpm_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	if (!kfaas_hash.each(&((struct trie *)map->state)->table, cursor, key, value))
		return 0;
	*key = *value;
	*value = (u8 *)*value + value_at(map);
	return 1;
}

const struct kfaas_map_kind kfaas_lpm = { lpm_create, lpm_lookup, lpm_update, lpm_delete, lpm_each };
