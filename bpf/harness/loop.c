// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The `call` arm: the timed loop, compiled next to the program under test but as a unit of its own, so that the call
 * is a real one that the optimiser can neither inline nor lift out of the loop. KFAAS_PROGRAM is the program's name, a text:
 * in C not every name is a function's of its type (main).
 */
#include <stdint.h>

extern int kfaas_subject(void *ctx) __asm__(KFAAS_PROGRAM);

/* Runs the program once. */
uint32_t kfaas_program(void *ctx)
{
	return (uint32_t)kfaas_subject(ctx);
}

/* Runs the program n times and returns how many of the runs returned `expected`. */
uint64_t kfaas_loop(void *ctx, uint64_t n, uint32_t expected)
{
	uint64_t good = 0;

	for (uint64_t i = 0; i < n; i++)
		good += (uint32_t)kfaas_subject(ctx) == expected;
	return good;
}

/* The same, with the input put back before each run. */
uint64_t kfaas_loop_afresh(void *ctx, uint64_t n, uint32_t expected, void (*reset)(void *), void *input)
{
	uint64_t good = 0;

	for (uint64_t i = 0; i < n; i++) {
		reset(input);
		good += (uint32_t)kfaas_subject(ctx) == expected;
	}
	return good;
}
