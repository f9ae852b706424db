// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Arrays (of one CPU's values where the kernel has one for each), and slots that may be empty. */
#include <errno.h>
#include <string.h>
#include "maps.h"
#include "objects.h"

static void array_create(struct kfaas_map *map)
{
	if (!map->values)
		map->values = kfaas_room(kfaas_aligned(map->value_size) * map->max_entries);
}

static void *array_lookup(struct kfaas_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	return index < map->max_entries ? map->values + kfaas_aligned(map->value_size) * index : NULL;
}

static long array_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	void *place = array_lookup(map, key);

	if (!kfaas_update_flags_are_known(flags))
		return -EINVAL;
	if (!place)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	kfaas_write_value(map, place, value);
	return 0;
}

static long array_delete(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return -EINVAL;
}

static int array_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	cursor[1] = cursor[0]++;
	*key = &cursor[1];
	*value = array_lookup(map, *key);
	return *value != NULL;
}

const struct kfaas_map_kind kfaas_array = { array_create, array_lookup, array_update, array_delete, array_each };

/* Maps of programs, maps, devices, sockets: `state` tells which slots are taken. */

static void slots_create(struct kfaas_map *map)
{
	array_create(map);
	map->state = kfaas_room(map->max_entries);
}

static void *slots_lookup(struct kfaas_map *map, const void *key)
{
	void *place = array_lookup(map, key);

	return place && ((u8 *)map->state)[*(const u32 *)key] ? place : NULL;
}

static long slots_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	(void)flags;
	if (array_update(map, key, value, BPF_ANY))
		return -E2BIG;
	((u8 *)map->state)[*(const u32 *)key] = 1;
	return 0;
}

static int slots_each(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	while (array_each(map, cursor, key, value))
		if (slots_lookup(map, *key))
			return 1;
	return 0;
}

const struct kfaas_map_kind kfaas_slots = { slots_create, slots_lookup, slots_update, array_delete, slots_each };
