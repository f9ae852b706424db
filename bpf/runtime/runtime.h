/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The user-space run time of BPF programs: what a translated program (src/twin/translate.ts) and a native one
 * (src/twin/native.ts) find where the kernel would be. A library holds one twin: the programs and maps of one object, in the state that they were loaded with.
 */
#ifndef KFAAS_RUNTIME_H
#define KFAAS_RUNTIME_H

#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* Every function of BPF, helpers too: five registers in, one out. */
typedef u64 kfaas_function(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

struct kfaas_program {
	const char *name;
	kfaas_function *function;
};

struct kfaas_map;

struct kfaas_map_kind {
	/* Allocates what the map needs; a map that is never touched costs no memory. */
	void (*create)(struct kfaas_map *map);
	void *(*lookup)(struct kfaas_map *map, const void *key);
	long (*update)(struct kfaas_map *map, const void *key, const void *value, u64 flags);
	long (*delete)(struct kfaas_map *map, const void *key);
	/* Goes through the elements: both words of the cursor start at 0. Returns 0 at the end. Elements may be deleted meanwhile. */
	int (*each)(struct kfaas_map *map, u32 *cursor, const void **key, void **value);
};

/* What the kernel keeps in a value or an object beside bytes, and what goes with it when it goes. */
struct kfaas_field {
	u32 offset, bytes;
	enum { KFAAS_HOLDS_NOTHING, KFAAS_HOLDS_OBJECT, KFAAS_HOLDS_LIST, KFAAS_HOLDS_TREE } holds;
};

/* A type that a program allocates objects of, by its number in the program's BTF. */
struct kfaas_type {
	u32 id, bytes;
	const struct kfaas_field *fields;
	u32 field_count;
};

struct kfaas_map {
	/* Written by the translator. */
	const char *name;
	u32 type, key_size, value_size, max_entries, flags;
	const struct kfaas_field *fields;
	u32 field_count;
	u8 *values; /* arrays: all values, each at a multiple of 8 bytes; globals are there from the start */
	/* Written by the run time. */
	const struct kfaas_map_kind *kind;
	void *state;
};

/* An element that a map has from the start. Values of maps of programs and of maps are places in the tables below. */
struct kfaas_content {
	u32 map;
	const void *key, *value;
};

/* A variable of a native twin that BPF keeps in the only value of an array. */
struct kfaas_global {
	u32 map, offset, bytes;
	void *address;
};

/* Bytes of a string at an address that numbers may have. */
#define ALIGNED(text, bytes) (&(const struct { _Alignas(8) char of[bytes + 1]; }){ text })

/* The twin's own, in what src/twin writes. */
extern struct kfaas_map kfaas_maps[];
extern const u32 kfaas_map_count;
extern const struct kfaas_program kfaas_programs[];
extern const u32 kfaas_program_count;
extern const struct kfaas_content kfaas_contents[];
extern const u32 kfaas_content_count;
extern const u32 kfaas_program_type; /* enum bpf_prog_type */
extern const u8 kfaas_forwards[2]; /* whether the loopback device of an empty network does: IPv4, IPv6 */
extern const u32 kfaas_slot_count; /* of kfaas_executed[], where there is one */
extern u64 kfaas_executed[] __attribute__((weak));

extern const struct kfaas_type kfaas_types[] __attribute__((weak)); /* absent where no object is allocated */
extern const u32 kfaas_type_count __attribute__((weak));

extern const struct kfaas_global kfaas_globals[] __attribute__((weak));
extern const u32 kfaas_global_count __attribute__((weak)); /* translated twins have none */

/* The packet that a program is run on, as far as its context does not tell. Whoever runs programs fills it in. */
struct kfaas_packet {
	void *context; /* which the rest is about */
	u8 *head, *end; /* room for the packet: it may be moved and grown in between */
	u8 *network_header;
	int is_encapsulated; /* by the program: bpf_skb_adjust_room() does it once */
};
extern struct kfaas_packet kfaas_packet;

/* Ends the run: the program has reached something that user space does not have. Names it. */
_Noreturn void kfaas_stop(const char *what);

/* Where kfaas_stop() goes: to its second return, with the name; a process without ends. */
extern void *kfaas_landing[5];

/* Where somebody watches: what a program looks up in a map that does not have it. */
extern void (*kfaas_on_miss)(struct kfaas_map *map, const void *key);
extern const char *volatile kfaas_stopped;
extern int kfaas_may_stop;

int kfaas_run(const struct kfaas_program *program, void *context);

/* Counts from 1: what belongs to one run is known by it. */
extern u64 kfaas_runs;

kfaas_function *kfaas_tail_call(u64 map, u64 index);

/* Native twins' own, see native.c. */
u64 kfaas_enter(kfaas_function *function, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 kfaas_leave_by_tail_call(u64 context, u64 map, u64 index);
u64 kfaas_load_or_leave(u64 context, u64 offset, u64 bytes);

/* Between variables and the maps that BPF keeps them in. */
void kfaas_collect_globals(void);
void kfaas_spread_globals(void);

/* Runs a program that may throw (bpf_throw()): what is thrown ends it, through `handler` where it has one. */
u64 kfaas_catch(kfaas_function *program, kfaas_function *handler, u64 context);

/* LD_ABS and LD_IND of so many bytes; not 0 where they are not in the packet. */
int kfaas_load_packet(u64 context, u32 offset, u32 bytes, u64 *value);

/* BPF_MAX_LOOPS of the kernel. */
#define KFAAS_MAX_LOOPS (8u << 20)

/* Defines a helper: HELPER(name) { … uses r1 to r5 … }. */
#define HELPER(name)                                                                                                   \
	u64 kfaas_bpf_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);                                               \
	u64 kfaas_bpf_##name(u64 r1 __attribute__((unused)), u64 r2 __attribute__((unused)),                        \
				u64 r3 __attribute__((unused)), u64 r4 __attribute__((unused)),                        \
				u64 r5 __attribute__((unused)))

/* Defines a function of the kernel's that programs may call by its name (kfunc). */
#define KFUNC(name)                                                                                                    \
	u64 kfaas_kfunc_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);                                             \
	u64 kfaas_kfunc_##name(u64 r1 __attribute__((unused)), u64 r2 __attribute__((unused)),                      \
			       u64 r3 __attribute__((unused)), u64 r4 __attribute__((unused)),                         \
			       u64 r5 __attribute__((unused)))

#define POINTER(r) ((void *)(uintptr_t)(r))

#endif
