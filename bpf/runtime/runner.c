// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Runs the programs of one twin, a shared library, on packets, and tells what they left behind: in a process of its own,
 * so that a crash is an answer. A shift is how many bytes packets and stacks lie elsewhere than without: what changes with it depends
 * on where things lie, or on what lies there already. Requests are lines of standard input, replies lines of standard output:
 *
 *   run PROGRAM HEX      PROGRAM is a place in the twin's table, HEX the packet from its Ethernet header (for other
 *                        programs the context); answers `ok RETVAL HEX CONTEXT`, the packet (of the flow dissector its
 *                        struct bpf_flow_keys) and its struct __sk_buff
 *                        (`-` where there is none) as BPF_PROG_TEST_RUN gives them back, or `stopped WHAT`
 *   watch                from now on, in front of an answer to `run`, the first keys that are looked up in a map in vain, as
 *                        `missed MAP KEY`
 *   maps                 every element as `element MAP KEY VALUE`, then `end`
 *   executed             every counter that is not 0 as `slot SLOT COUNT`, then `end`, and they start again at 0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include <sys/prctl.h>
#include <signal.h>
#include "context.h"

#define MOST_MISSES 4096
#define MOST_SHIFT 4096

static struct {
	const struct kfaas_program *programs;
	u32 program_count, map_count, slot_count, program_type;
	struct kfaas_map *maps;
	struct kfaas_packet *packet;
	u64 *executed;
	void (**on_miss)(struct kfaas_map *, const void *);
	void **landing;
	const char *volatile *stopped;
	int (*run)(const struct kfaas_program *, void *);
	void (*collect_globals)(void);
} twin;

static struct surroundings surroundings;
static u8 input[MAX_PACKET];
static char line[2 * MAX_PACKET + 256];
static u32 shift;

static void fail(const char *what)
{
	printf("error %s\n", what);
	exit(1);
}

static void *symbol(void *library, const char *name)
{
	void *found = dlsym(library, name);

	if (!found)
		fail(dlerror());
	return found;
}

static void open_twin(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		fail(dlerror());
	twin.programs = symbol(library, "kfaas_programs");
	twin.program_count = *(u32 *)symbol(library, "kfaas_program_count");
	twin.program_type = *(u32 *)symbol(library, "kfaas_program_type");
	twin.maps = symbol(library, "kfaas_maps");
	twin.map_count = *(u32 *)symbol(library, "kfaas_map_count");
	twin.slot_count = *(u32 *)symbol(library, "kfaas_slot_count");
	twin.executed = twin.slot_count ? symbol(library, "kfaas_executed") : NULL;
	twin.packet = symbol(library, "kfaas_packet");
	twin.on_miss = symbol(library, "kfaas_on_miss");
	twin.landing = symbol(library, "kfaas_landing");
	twin.stopped = symbol(library, "kfaas_stopped");
	twin.run = (int (*)(const struct kfaas_program *, void *))symbol(library, "kfaas_run");
	twin.collect_globals = (void (*)(void))symbol(library, "kfaas_collect_globals");
	*(int *)symbol(library, "kfaas_may_stop") = 1;
}

static void print_hex(const u8 *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	putchar(' ');
	if (!count)
		putchar('-');
	for (size_t i = 0; i < count; i++) {
		putchar(digits[bytes[i] >> 4]);
		putchar(digits[bytes[i] & 15]);
	}
}

/* Leaves something else on the stack than whoever ran there before. */
static __attribute__((noinline)) void soil_stack(void)
{
	volatile u8 stack[8 * 1024];

	for (u32 i = 0; i < sizeof(stack); i++)
		stack[i] = shift >> 4;
}

/* Further down the stack. */
static __attribute__((noinline)) u32 run_shifted(const struct kfaas_program *program, void *context)
{
	volatile u8 *room = __builtin_alloca(shift + 1);

	room[0] = 0;
	soil_stack();
	return twin.run(program, context) + room[0];
}

/* Returns the run's first return, or -1 where it was stopped. */
static int guarded(const struct kfaas_program *program, void *context, u32 *retval)
{
	if (__builtin_setjmp(twin.landing))
		return -1;
	*retval = shift ? run_shifted(program, context) : (u32)twin.run(program, context);
	return 0;
}

static enum context_kind kind_of(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
		return CONTEXT_XDP;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return CONTEXT_SKB;
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return CONTEXT_FLOW;
	case BPF_PROG_TYPE_SYSCALL:
		return CONTEXT_RAW;
	default:
		return CONTEXT_SOCKET;
	}
}

static void print_outcome(u32 retval)
{
	struct surroundings *s = &surroundings;
	u32 bytes;
	u8 *output = output_of(s, &bytes);

	memset(output, 0, skipped_bytes(s)); /* the kernel blanks what it puts back in front */
	printf("ok %u", retval);
	print_hex(output, bytes);
	if (s->kind == CONTEXT_SKB || s->kind == CONTEXT_SOCKET)
		print_hex((u8 *)&s->context.skb, sizeof(s->context.skb));
	else
		printf(" -");
	puts("");
}

static void do_run(u32 index, const char *hex)
{
	struct surroundings *s = &surroundings;
	u32 retval;

	s->kind = kind_of(twin.program_type);
	s->size = read_hex(hex, input, sizeof(input));
	s->input = input;
	if (index >= twin.program_count || (s->kind != CONTEXT_RAW && s->size < ETH_HLEN))
		fail("bad request");
	set_up(s, twin.packet);
	if (guarded(&twin.programs[index], context_of(s), &retval))
		printf("stopped %s\n", *twin.stopped);
	else
		print_outcome(retval);
}

static void do_maps(void)
{
	twin.collect_globals();
	for (u32 i = 0; i < twin.map_count; i++) {
		struct kfaas_map *map = &twin.maps[i];
		u32 cursor[2] = { 0 };
		const void *key;
		void *value;

		while (map->kind->each(map, cursor, &key, &value)) {
			printf("element %u", i);
			print_hex(key, map->key_size);
			print_hex(value, map->value_size);
			puts("");
		}
	}
	puts("end");
}

/* Loops may look up in vain for ever. */
static void print_miss(struct kfaas_map *map, const void *key)
{
	static u32 printed;

	if (map < twin.maps || map >= twin.maps + twin.map_count || printed++ >= MOST_MISSES)
		return;
	printf("missed %u", (u32)(map - twin.maps));
	print_hex(key, map->key_size);
	puts("");
}

static void do_executed(void)
{
	for (u32 slot = 0; slot < twin.slot_count; slot++)
		if (twin.executed[slot])
			printf("slot %u %llu\n", slot, (unsigned long long)twin.executed[slot]);
	puts("end");
	if (twin.slot_count)
		memset(twin.executed, 0, twin.slot_count * sizeof(*twin.executed));
}

int main(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc != 3 || (shift = strtoul(argv[2], NULL, 10)) > MOST_SHIFT)
		fail("usage: runner LIBRARY SHIFT");
	surroundings.memory = low_memory(MEMORY_BYTES + MOST_SHIFT);
	if (!surroundings.memory)
		fail("no memory below 4 GiB");
	surroundings.memory += shift;
	open_twin(argv[1]);
	while (fgets(line, sizeof(line), stdin)) {
		u32 program;
		int rest = 0;

		if (sscanf(line, "run %u %n", &program, &rest) == 1 && rest)
			do_run(program, line + rest);
		else if (!strcmp(line, "maps\n"))
			do_maps();
		else if (!strcmp(line, "watch\n"))
			*twin.on_miss = print_miss;
		else if (!strcmp(line, "executed\n"))
			do_executed();
		else
			fail("bad request");
		fflush(stdout);
	}
	return 0;
}
