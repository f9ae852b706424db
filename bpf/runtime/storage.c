// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Storage of a program's own cgroup, and of its packet's socket: each test run has a fresh one, which its map does not show. */
#include <errno.h>
#include <string.h>
#include "maps.h"
#include "objects.h"

struct storage {
	u64 run; /* that has it */
	_Alignas(8) u8 value[];
};

static void storage_create(struct kfaas_map *map)
{
	map->state = kfaas_room(sizeof(struct storage) + map->value_size);
}

static void *nothing(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return NULL;
}

static long no_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	(void)map, (void)key, (void)value, (void)flags;
	return -EINVAL;
}

static long no_delete(struct kfaas_map *map, const void *key)
{
	(void)map, (void)key;
	return -EINVAL;
}

static int no_elements(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	(void)map, (void)cursor, (void)key, (void)value;
	return 0;
}

const struct kfaas_map_kind kfaas_storage = { storage_create, nothing, no_update, no_delete, no_elements };

HELPER(get_local_storage)
{
	struct kfaas_map *map = POINTER(r1);
	struct storage *storage = map->state;

	if (storage->run != kfaas_runs) {
		storage->run = kfaas_runs;
		memset(storage->value, 0, map->value_size);
	}
	return (uintptr_t)storage->value;
}

/* There is one socket, that of the packet. */
HELPER(sk_storage_get)
{
	struct kfaas_map *map = POINTER(r1);
	struct storage *storage = map->state;

	if (!r2 || r4 > BPF_SK_STORAGE_GET_F_CREATE)
		return 0;
	if (storage->run == kfaas_runs)
		return (uintptr_t)storage->value;
	if (!r4)
		return 0;
	storage->run = kfaas_runs;
	if (r3)
		kfaas_write_value(map, storage->value, POINTER(r3));
	else
		memset(storage->value, 0, map->value_size);
	return (uintptr_t)storage->value;
}

HELPER(sk_storage_delete)
{
	struct kfaas_map *map = POINTER(r1);
	struct storage *storage = map->state;

	if (!r2)
		return -EINVAL;
	if (storage->run != kfaas_runs)
		return -ENOENT;
	storage->run = 0;
	return 0;
}
