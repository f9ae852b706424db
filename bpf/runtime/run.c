// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Entering a program, leaving it early, and going from one to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "maps.h"

#define MAX_TAIL_CALLS 33 /* MAX_TAIL_CALL_CNT */

struct kfaas_packet kfaas_packet;
void *kfaas_landing[5];
const char *volatile kfaas_stopped;
int kfaas_may_stop;

u64 kfaas_runs;

static u32 tail_calls;

int kfaas_run(const struct kfaas_program *program, void *context)
{
	tail_calls = 0;
	kfaas_runs++;
	return program->function((uintptr_t)context, 0, 0, 0, 0);
}

void kfaas_stop(const char *what)
{
	kfaas_stopped = what;
	if (kfaas_may_stop)
		__builtin_longjmp(kfaas_landing, 1);
	fprintf(stderr, "kfaas: user space has no %s\n", what);
	abort();
}

/* A program that tail-calls returns what the other one returns; from a subprogram, to the subprogram's caller. */
kfaas_function *kfaas_tail_call(u64 map, u64 index)
{
	struct kfaas_map *programs = POINTER(map);
	u32 key = index;
	u32 *program;

	if (tail_calls >= MAX_TAIL_CALLS || !(program = programs->kind->lookup(programs, &key)))
		return NULL;
	tail_calls++;
	return kfaas_programs[*program].function;
}

static void *catching[5]; /* where bpf_throw() goes; all zeros outside of programs that may throw */
static u64 thrown;

__attribute__((noinline)) u64 kfaas_catch(kfaas_function *program, kfaas_function *handler, u64 context)
{
	void *outer[5];
	u64 result;

	memcpy(outer, catching, sizeof(outer));
	if (__builtin_setjmp(catching))
		result = handler ? handler(thrown, 0, 0, 0, 0) : thrown;
	else
		result = program(context, 0, 0, 0, 0);
	memcpy(catching, outer, sizeof(outer));
	return result;
}

KFUNC(bpf_throw)
{
	if (!catching[1])
		kfaas_stop("bpf_throw in a native twin");
	thrown = r1;
	__builtin_longjmp(catching, 1);
}

__attribute__((constructor)) static void set_up(void)
{
	for (u32 i = 0; i < kfaas_map_count; i++)
		kfaas_create_map(&kfaas_maps[i]);
	for (u32 i = 0; i < kfaas_content_count; i++) {
		const struct kfaas_content *content = &kfaas_contents[i];

		kfaas_put(&kfaas_maps[content->map], content->key, content->value);
	}
	kfaas_spread_globals();
}
