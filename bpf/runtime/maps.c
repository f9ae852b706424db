// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which kind a map is of, and the helpers on maps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "maps.h"

/* Newer than some machines' <linux/bpf.h>. */
#define PERCPU_TYPES(type)                                                                                             \
	((type) == BPF_MAP_TYPE_PERCPU_ARRAY || (type) == BPF_MAP_TYPE_PERCPU_HASH ||                                  \
	 (type) == BPF_MAP_TYPE_LRU_PERCPU_HASH)

void *kfaas_room(size_t bytes)
{
	void *room = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED) {
		fprintf(stderr, "kfaas: no memory for a map of %zu bytes\n", bytes);
		abort();
	}
	return room;
}

static void nothing_to_create(struct kfaas_map *map)
{
	(void)map;
}

static void *unknown_lookup(struct kfaas_map *map, const void *key)
{
	static char what[64];

	(void)key;
	snprintf(what, sizeof(what), "map of type %u", map->type);
	kfaas_stop(what);
}

static long unknown_update(struct kfaas_map *map, const void *key, const void *value, u64 flags)
{
	(void)value, (void)flags;
	unknown_lookup(map, key);
	return -EOPNOTSUPP;
}

static long unknown_delete(struct kfaas_map *map, const void *key)
{
	unknown_lookup(map, key);
	return -EOPNOTSUPP;
}

static int nothing_in_it(struct kfaas_map *map, u32 *cursor, const void **key, void **value)
{
	(void)map, (void)cursor, (void)key, (void)value;
	return 0;
}

const struct kfaas_map_kind kfaas_unknown_map = { nothing_to_create, unknown_lookup, unknown_update, unknown_delete,
						  nothing_in_it };

static const struct kfaas_map_kind *kind_of(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return &kfaas_array;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_SOCKHASH:
		return &kfaas_hash;
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return &kfaas_lru_hash;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
		return &kfaas_slots;
	case BPF_MAP_TYPE_LPM_TRIE:
		return &kfaas_lpm;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return &kfaas_queue;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
		return &kfaas_storage;
	case BPF_MAP_TYPE_RINGBUF:
		return &kfaas_ring;
	default:
		return &kfaas_unknown_map;
	}
}

void kfaas_create_map(struct kfaas_map *map)
{
	map->kind = kind_of(map->type);
	map->kind->create(map);
}

void kfaas_put(struct kfaas_map *map, const void *key, const void *value)
{
	map->kind->update(map, key, value, BPF_ANY);
}

static int holds_maps(const struct kfaas_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

void (*kfaas_on_miss)(struct kfaas_map *map, const void *key);

HELPER(map_lookup_elem)
{
	struct kfaas_map *map = POINTER(r1);
	void *value = map->kind->lookup(map, POINTER(r2));

	if (!value && kfaas_on_miss)
		kfaas_on_miss(map, POINTER(r2));

	if (value && holds_maps(map))
		return (uintptr_t)&kfaas_maps[*(u32 *)value];
	return (uintptr_t)value;
}

/* Values of the CPU that it runs on are the only ones that are kept; those of others stay zero. */
HELPER(map_lookup_percpu_elem)
{
	struct kfaas_map *map = POINTER(r1);

	if (!PERCPU_TYPES(map->type))
		kfaas_stop("bpf_map_lookup_percpu_elem on a map of another type");
	if ((u32)r3 == kfaas_cpu())
		return (uintptr_t)map->kind->lookup(map, POINTER(r2));
	if ((u32)r3 >= kfaas_cpu_count() || !map->kind->lookup(map, POINTER(r2)))
		return 0;

	static u8 *zeros;
	static size_t zero_bytes;

	if (zero_bytes < map->value_size)
		zeros = kfaas_room(zero_bytes = map->value_size);
	return (uintptr_t)zeros;
}

HELPER(map_update_elem)
{
	struct kfaas_map *map = POINTER(r1);

	return map->kind->update(map, POINTER(r2), POINTER(r3), r4);
}

HELPER(map_delete_elem)
{
	struct kfaas_map *map = POINTER(r1);

	return map->kind->delete(map, POINTER(r2));
}

/* Every element once; what the callback adds may or may not be seen, as in the kernel. */
HELPER(for_each_map_elem)
{
	struct kfaas_map *map = POINTER(r1);
	kfaas_function *callback = POINTER(r2);
	const void *key;
	void *value;
	u32 cursor[2] = { 0 };
	u64 seen = 0;

	if (r4)
		return -EINVAL;
	if (map->kind != &kfaas_array && map->kind != &kfaas_hash && map->kind != &kfaas_lru_hash)
		kfaas_stop("bpf_for_each_map_elem on a map of this type");
	while (map->kind->each(map, cursor, &key, &value)) {
		seen++;
		if (callback(r1, (uintptr_t)key, (uintptr_t)value, r3, 0))
			break;
	}
	return seen;
}

HELPER(map_push_elem)
{
	return kfaas_queue_push(POINTER(r1), POINTER(r2), r3);
}

HELPER(map_pop_elem)
{
	return kfaas_queue_pop(POINTER(r1), POINTER(r2), 0);
}

HELPER(map_peek_elem)
{
	return kfaas_queue_pop(POINTER(r1), POINTER(r2), 1);
}

/* Nobody has opened a perf event in a test run. */
static long no_event(struct kfaas_map *map, u64 flags)
{
	u64 index = flags & BPF_F_INDEX_MASK;

	if (index == BPF_F_CURRENT_CPU)
		index = kfaas_cpu();
	return index >= map->max_entries ? -E2BIG : -ENOENT;
}

HELPER(perf_event_output)
{
	if (r3 & ~(u64)(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	struct xdp_md *xdp = POINTER(r1);
	u32 bytes = kfaas_program_type == BPF_PROG_TYPE_XDP ? xdp->data_end - xdp->data :
								      ((struct __sk_buff *)POINTER(r1))->len;

	if ((r3 & BPF_F_CTXLEN_MASK) >> 32 > bytes)
		return -EFAULT;
	return no_event(POINTER(r2), r3);
}
