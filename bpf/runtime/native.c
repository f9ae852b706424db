// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a native twin needs beyond a translated one: a way out of a program from inside a C function, and the variables
 * that BPF keeps in maps, which are ordinary ones here.
 */
#include <string.h>
#include "maps.h"

/* Of the BPF function that runs: C functions that became part of it leave through here. */
static void **landing;
static kfaas_function *next;
static u64 next_context;

/* Calls a function that may be left, and what it is left for. */
u64 kfaas_enter(kfaas_function *function, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	void *here[5], **volatile outer = landing;
	u64 r0;

	landing = here;
	if (__builtin_setjmp(here))
		r0 = next(next_context, 0, 0, 0, 0);
	else
		r0 = function(r1, r2, r3, r4, r5);
	landing = outer;
	return r0;
}

static _Noreturn void leave_for(kfaas_function *function, u64 context)
{
	next = function;
	next_context = context;
	__builtin_longjmp(landing, 1);
}

static u64 nothing(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	return 0;
}

/* bpf_tail_call(): comes back where there is no such program. */
u64 kfaas_leave_by_tail_call(u64 context, u64 map, u64 index)
{
	kfaas_function *program = kfaas_tail_call(map, index);

	if (program)
		leave_for(program, context);
	return -1;
}

/* LD_ABS: behind the packet's end the function returns 0. */
u64 kfaas_load_or_leave(u64 context, u64 offset, u64 bytes)
{
	u64 value;

	if (kfaas_load_packet(context, offset, bytes, &value))
		leave_for(nothing, 0);
	return value;
}

static void copy_globals(int to_maps)
{
	for (u32 i = 0; &kfaas_global_count && i < kfaas_global_count; i++) {
		const struct kfaas_global *global = &kfaas_globals[i];
		u8 *in_map = kfaas_maps[global->map].values + global->offset;

		memcpy(to_maps ? in_map : global->address, to_maps ? global->address : in_map, global->bytes);
	}
}

/* Whoever reads maps from outside calls this first. */
void kfaas_collect_globals(void)
{
	copy_globals(1);
}

void kfaas_spread_globals(void)
{
	copy_globals(0);
}
