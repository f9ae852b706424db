// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Objects that programs allocate. Nodes of lists and trees lie somewhere within them and are all that is known when a list
 * is emptied, so every granule of the room tells where the object starts that it belongs to. What is freed keeps
 * its bytes until it is taken again, as the kernel keeps it until no program can see it.
 */
#include <errno.h>
#include <string.h>
#include "maps.h"
#include "objects.h"

#define GRANULE 16u
#define ROOM_BYTES (256u << 20)
#define MOST_GRANULES 8192u /* of one object: a per-CPU one has its bytes for each CPU */
#define LARGEST (4096u - 8) /* bpf_mem_alloc() keeps one pointer */

struct object { /* one granule, in front of its bytes */
	u32 type; /* a place in kfaas_types[] */
	u32 references;
	u32 granules;
	u32 next; /* among the free ones of its size: a granule, 0 for none */
};
_Static_assert(sizeof(struct object) == GRANULE, "bytes of objects are aligned as the kernel's");

static u8 *room;
static u32 *starts; /* by granule: that of the object */
static u32 fresh = 1; /* the first that was never taken */
static u32 free_of_size[MOST_GRANULES + 1];

static struct object *object_of(const void *inside)
{
	return (struct object *)(room + (size_t)starts[((const u8 *)inside - room) / GRANULE] * GRANULE);
}

static const struct kfaas_type *type_of(u64 id, u32 *index)
{
	for (*index = 0; &kfaas_type_count && *index < kfaas_type_count; ++*index)
		if (kfaas_types[*index].id == id)
			return &kfaas_types[*index];
	kfaas_stop("bpf_obj_new() of a type that is not known");
}

static void *allocate(u32 type, size_t bytes)
{
	size_t granules = 1 + (bytes + GRANULE - 1) / GRANULE;

	if (granules > MOST_GRANULES)
		return NULL;
	if (!room) {
		room = kfaas_room(ROOM_BYTES);
		starts = kfaas_room(ROOM_BYTES / GRANULE * sizeof(*starts));
	}

	u32 start = free_of_size[granules];
	struct object *object = (struct object *)(room + (size_t)start * GRANULE);

	if (start) {
		free_of_size[granules] = object->next;
	} else {
		start = fresh;
		if (start + granules > ROOM_BYTES / GRANULE)
			kfaas_stop("room for more than 256 MiB of objects");
		fresh += granules;
		object = (struct object *)(room + (size_t)start * GRANULE);
		for (u32 i = 0; i < granules; i++)
			starts[start + i] = start;
	}
	*object = (struct object){ .type = type, .references = 1, .granules = granules };
	return memset(object + 1, 0, bytes);
}

void kfaas_let_go(void *inside)
{
	struct object *object = object_of(inside);
	const struct kfaas_type *type = &kfaas_types[object->type];

	if (--object->references)
		return;
	kfaas_empty_fields(type->fields, type->field_count, (u8 *)(object + 1));
	object->next = free_of_size[object->granules];
	free_of_size[object->granules] = starts[((u8 *)inside - room) / GRANULE];
}

void kfaas_empty_fields(const struct kfaas_field *fields, u32 count, u8 *base)
{
	for (u32 i = 0; i < count; i++) {
		u8 *at = base + fields[i].offset;
		void *held;

		memcpy(&held, at, sizeof(held) < fields[i].bytes ? sizeof(held) : fields[i].bytes);
		if (fields[i].holds == KFAAS_HOLDS_OBJECT && held)
			kfaas_let_go(held);
		else if (fields[i].holds == KFAAS_HOLDS_LIST)
			kfaas_empty_list(at);
		else if (fields[i].holds == KFAAS_HOLDS_TREE)
			kfaas_empty_tree(at);
		memset(at, 0, fields[i].bytes);
	}
}

KFUNC(bpf_obj_new_impl)
{
	u32 index;
	const struct kfaas_type *type = type_of(r1, &index);

	return type->bytes > LARGEST ? 0 : (uintptr_t)allocate(index, type->bytes);
}

KFUNC(bpf_obj_drop_impl)
{
	kfaas_let_go(POINTER(r1));
	return 0;
}

KFUNC(bpf_refcount_acquire_impl)
{
	struct object *object = object_of(POINTER(r1));

	if (!object->references)
		return 0;
	object->references++;
	return r1;
}

/* One behind the other for all CPUs. */
KFUNC(bpf_percpu_obj_new_impl)
{
	u32 index;
	const struct kfaas_type *type = type_of(r1, &index);

	return (uintptr_t)allocate(index, kfaas_aligned(type->bytes) * kfaas_cpu_count());
}

KFUNC(bpf_percpu_obj_drop_impl)
{
	kfaas_let_go(POINTER(r1));
	return 0;
}

HELPER(per_cpu_ptr)
{
	if ((u32)r2 >= kfaas_cpu_count())
		return 0;
	return r1 + kfaas_aligned(kfaas_types[object_of(POINTER(r1))->type].bytes) * (u32)r2;
}

HELPER(this_cpu_ptr)
{
	return kfaas_bpf_per_cpu_ptr(r1, kfaas_cpu(), 0, 0, 0);
}

HELPER(kptr_xchg)
{
	return __atomic_exchange_n((u64 *)POINTER(r1), r2, __ATOMIC_SEQ_CST);
}
