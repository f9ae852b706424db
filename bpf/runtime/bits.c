// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Going through the bits that are set: bpf_iter_bits_*(). */
#include <errno.h>
#include <string.h>
#include "maps.h"

#define MOST_WORDS 511u /* BITS_ITER_NR_WORDS_MAX */
#define MOST_OPEN 32 /* iterators at once: the verifier's states of nested loops end long before */

struct bits { /* in the 16 bytes of struct bpf_iter_bits */
	u64 *words;
	s32 count, at;
};

/* A copy, as the kernel's: what the program writes meanwhile is not seen. */
static u64 *copied(const u64 *words, u32 count)
{
	static u64 *room;
	static u32 taken;

	if (!room)
		room = kfaas_room(MOST_OPEN * MOST_WORDS * sizeof(*room));
	taken = (taken + 1) % MOST_OPEN;
	return memcpy(room + taken * MOST_WORDS, words, count * sizeof(*words));
}

KFUNC(bpf_iter_bits_new)
{
	struct bits *bits = POINTER(r1);
	u32 words = r3;

	*bits = (struct bits){ .at = -1 };
	if (!r2 || !words)
		return -EINVAL;
	if (words > MOST_WORDS)
		return -E2BIG;
	*bits = (struct bits){ copied(POINTER(r2), words), words * 64, -1 };
	return 0;
}

KFUNC(bpf_iter_bits_next)
{
	struct bits *bits = POINTER(r1);

	if (bits->at < bits->count)
		while (++bits->at < bits->count)
			if (bits->words[bits->at / 64] >> bits->at % 64 & 1)
				return (uintptr_t)&bits->at;
	return 0;
}

KFUNC(bpf_iter_bits_destroy)
{
	return 0;
}
