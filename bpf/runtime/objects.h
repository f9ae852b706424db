/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Objects that programs allocate (bpf_obj_new()), and what stands in them and in values of maps for the kernel alone. */
#ifndef KFAAS_OBJECTS_H
#define KFAAS_OBJECTS_H

#include <string.h>
#include "runtime.h"

/* Lets go of the object that the address is in: whoever lets go last takes with it what it holds. */
void kfaas_let_go(void *inside);

/* Empties the fields, which become zeros. */
void kfaas_empty_fields(const struct kfaas_field *fields, u32 count, u8 *base);

/* Lets go of all that is in it; the root itself is left as it is. */
void kfaas_empty_list(void *head);
void kfaas_empty_tree(void *root);

static inline void kfaas_empty_value(const struct kfaas_map *map, void *value)
{
	if (map->field_count)
		kfaas_empty_fields(map->fields, map->field_count, value);
}

/* Fields are nobody's to write: what was there goes, and what comes instead is zeros. */
static inline void kfaas_write_value(const struct kfaas_map *map, void *to, const void *value)
{
	kfaas_empty_value(map, to);
	memcpy(to, value, map->value_size);
	for (u32 i = 0; i < map->field_count; i++)
		memset((u8 *)to + map->fields[i].offset, 0, map->fields[i].bytes);
}

#endif
