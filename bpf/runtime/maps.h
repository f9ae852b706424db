/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Kinds of maps. Errors are negated errnos, as the kernel's helpers return them. */
#ifndef KFAAS_MAPS_H
#define KFAAS_MAPS_H

#include "runtime.h"

extern const struct kfaas_map_kind kfaas_array, kfaas_slots, kfaas_hash, kfaas_lru_hash, kfaas_lpm, kfaas_queue,
	kfaas_ring, kfaas_storage, kfaas_unknown_map;

/* Queues and stacks, which have no keys. */
long kfaas_queue_push(struct kfaas_map *map, const void *value, u64 flags);
long kfaas_queue_pop(struct kfaas_map *map, void *value, int keep);

void kfaas_create_map(struct kfaas_map *map);

/* Puts an element in, whoever may not: programs cannot write to maps of programs and of maps. */
void kfaas_put(struct kfaas_map *map, const void *key, const void *value);

/* The CPU that we are pinned to, and how many there may be. */
u32 kfaas_cpu(void);
u32 kfaas_cpu_count(void);

/* Zeroed memory that takes up room only where it is written to. Ends the process where there is none. */
void *kfaas_room(size_t bytes);

static inline size_t kfaas_aligned(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

/* Whether flags of an update are BPF_ANY, BPF_NOEXIST or BPF_EXIST, with or without BPF_F_LOCK. */
static inline int kfaas_update_flags_are_known(u64 flags)
{
	return (flags & ~(u64)BPF_F_LOCK) <= BPF_EXIST;
}

#endif
