// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The user-space side: runs programs that were compiled to shared libraries, in throw-away processes, and times them.
 *
 * Standard input and output carry one request and one reply a line. `load` forks a process for a slot, so every load
 * is laid out afresh (library variant, placement, stack) and a crash costs one slot, not the measurement:
 *
 *   load SLOT PAGES STACK_BYTES LIBRARY     a fresh process; PAGES of address space are taken before the library maps
 *   input SLOT K CONTEXT HEX                context: xdp, skb, socket, flow or raw; answers `ok RETVAL HEX` of one run
 *   again SLOT K                            runs once more on the output of the last run; answers `ok RETVAL HEX`
 *   batch SLOT K ARM MODE N RETVAL          arm: call, syscall, wakeup; mode: shared, where runs share one packet and context,
 *                                           or afresh, where both are put back for every run, off the clock, as a flow dissector's always are; answers `ok NS GOOD BESIDE_NS`,
 *                                           the last what putting them back took
 *   drop SLOT                               ends the process
 *
 * Every failure is answered by `error TEXT`; a slot whose process died answers `died SIGNAL`.
 * The clock is the thread's CPU time, its own reading taken off, but for `wakeup`, where sleeping is the point, wall time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <alloca.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../runtime/context.h"

#define SLOTS 16
#define INPUTS 16
#define LINE_BYTES (2 * MAX_PACKET + 4096)
/* Results wait in the pipe until they are checked; each takes a page of it at most (pipe(7)). */
#define MAX_MESSAGE 4096

struct input {
	struct surroundings at; /* for the program's eyes */
	uint8_t *pristine;
	uint8_t *output; /* of the first run */
	uint32_t output_bytes;
};

static uint32_t (*program)(void *);
static uint64_t (*loop)(void *, uint64_t, uint32_t);
static uint64_t (*loop_afresh)(void *, uint64_t, uint32_t, void (*)(void *), void *);
static struct kfaas_packet *room; /* of a twin; NULL where the library has none to tell */
static struct input inputs[INPUTS];

/* Standard input and output of the harness; a slot's process has others, as its program may use those itself. */
static FILE *requests, *replies;

static void reply(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(replies, format, args);
	va_end(args);
	putc('\n', replies);
	fflush(replies);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* What two readings of the CPU clock say of nothing between them: a system call's way, measured once, taken off each span. */
static uint64_t clock_ns;

#define CLOCK_PAIRS 256

static void measure_clock(void)
{
	clock_ns = UINT64_MAX;
	for (int i = 0; i < CLOCK_PAIRS; i++) {
		uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		uint64_t ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - start;

		if (ns < clock_ns)
			clock_ns = ns;
	}
}

static uint64_t cpu_ns_since(uint64_t start)
{
	uint64_t ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - start;

	return ns > clock_ns ? ns - clock_ns : 0;
}

static const char *hex_of(const uint8_t *bytes, uint32_t size)
{
	static const char digits[] = "0123456789abcdef";
	static char text[2 * MEMORY_BYTES + 1];

	for (uint32_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = 0;
	return text;
}

static uint32_t run_once(struct input *in)
{
	return program(context_of(&in->at));
}

static void reply_outcome(struct input *in, uint32_t retval)
{
	uint32_t bytes;
	uint8_t *output = output_of(&in->at, &bytes);

	reply("ok %u %s", retval, hex_of(output, bytes));
}

/* An input may be replaced by another. */
static void forget(struct input *in)
{
	free(in->pristine);
	free(in->output);
	in->pristine = in->output = NULL;
}

static void do_input(unsigned k, const char *context, const char *hex)
{
	struct input *in = &inputs[k];
	struct surroundings *at = &in->at;
	size_t bytes = strlen(hex) / 2;

	for (at->kind = 0; at->kind < CONTEXTS && strcmp(context, context_names[at->kind]); at->kind++)
		;
	if (at->kind == CONTEXTS || bytes > MAX_PACKET || (at->kind != CONTEXT_RAW && bytes < ETH_HLEN))
		return reply("error bad input");

	forget(in);
	at->memory = at->memory ? at->memory : low_memory(MEMORY_BYTES);
	in->pristine = malloc(bytes + 1);
	if (!at->memory || !in->pristine)
		return reply("error out of memory below 4 GiB");
	if (read_hex(hex, in->pristine, bytes) != bytes)
		return reply("error bad hex");
	at->input = in->pristine;
	at->size = bytes;
	set_up(at, room);

	uint32_t retval = run_once(in);
	uint8_t *output = output_of(at, &in->output_bytes);

	in->output = malloc(in->output_bytes + 1);
	if (!in->output)
		return reply("error out of memory");
	memcpy(in->output, output, in->output_bytes);
	reply("ok %u %s", retval, hex_of(output, in->output_bytes));
}

/* The kernel has the flow dissector begin with new keys in every run, repeated or not. */
static int is_always_afresh(const struct input *in)
{
	return in->at.kind == CONTEXT_FLOW;
}

static void do_again(struct input *in)
{
	if (is_always_afresh(in))
		reset_context(&in->at, room);
	reply_outcome(in, run_once(in));
}

static void reset_input(void *input)
{
	reset(&((struct input *)input)->at, room);
}

static __attribute__((noinline)) void reset_only(void (*reset)(void *), void *input, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		reset(input);
}

static void batch_call(struct input *in, int afresh, uint64_t n, uint32_t expected)
{
	void *context = context_of(&in->at);

	reset_input(in);

	uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t good = afresh ? loop_afresh(context, n, expected, reset_input, in) : loop(context, n, expected);
	uint64_t ns = cpu_ns_since(start);

	uint64_t reset_ns = 0;

	if (afresh) {
		void (*volatile reset)(void *) = reset_input; /* which is not inlined there either */

		start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		reset_only(reset, in, n);
		reset_ns = cpu_ns_since(start);
		ns = ns > reset_ns ? ns - reset_ns : 0;
	}
	reply("ok %llu %llu %llu", (unsigned long long)ns, (unsigned long long)good, 2ull * reset_ns);
}

/* The result as it goes back to the kernel: the return value, then the packet. It lies in front of the packet. */
static uint8_t *message_of(struct input *in, uint32_t retval, uint32_t *bytes)
{
	uint8_t *output = output_of(&in->at, bytes);

	*bytes += sizeof(retval);
	return memcpy(output - sizeof(retval), &retval, sizeof(retval));
}

/* Runs the program on the packet that was read to where it belongs. */
static uint8_t *answer(struct input *in, int afresh, uint32_t *bytes)
{
	if (afresh)
		reset_context(&in->at, room);
	return message_of(in, run_once(in), bytes);
}

static int is_good(const struct input *in, const uint8_t *message, ssize_t size, uint32_t expected)
{
	return size == (ssize_t)(sizeof(expected) + in->output_bytes) && !memcmp(message, &expected, sizeof(expected)) &&
	       !memcmp(message + sizeof(expected), in->output, in->output_bytes);
}

static int is_too_long(const struct input *in)
{
	uint32_t longest = in->at.size > in->output_bytes ? in->at.size : in->output_bytes;

	return longest + sizeof(uint32_t) > MAX_MESSAGE;
}

/*
 * Each invocation reads its input from one pipe and writes its result to another: the cheapest way of crossing that a
 * user-space packet program has (a byte-stream pipe costs half of a memfd, less than a third of a socket). The pipes are filled and
 * emptied off the clock, so that nothing but the two system calls and the program is on it; every result is compared
 * with the proven one while it is taken out.
 */
static void batch_syscall(struct input *in, int afresh, uint64_t n, uint32_t expected)
{
	int requests[2], results[2];
	uint64_t ns = 0, good = 0;
	/* The kernel begins a page of the pipe with each of these writes, so that no request lies across two. */
	static uint8_t page[MAX_MESSAGE], taken[4 * MAX_MESSAGE];
	uint32_t size = in->at.size, result_bytes = sizeof(expected) + in->output_bytes;
	uint64_t per_page = MAX_MESSAGE / (size ? size : 1);

	if (is_too_long(in))
		return reply("error an input of the syscall arm holds at most %zu bytes", MAX_MESSAGE - sizeof(expected));
	if (pipe2(requests, O_CLOEXEC) || pipe2(results, O_CLOEXEC))
		return reply("error pipe2: %s", strerror(errno));
	fcntl(requests[0], F_SETPIPE_SZ, 1 << 20); /* as large as pipe-max-size lets it be */
	fcntl(results[0], F_SETPIPE_SZ, 1 << 20);

	uint64_t room = fcntl(requests[0], F_GETPIPE_SZ) / MAX_MESSAGE;
	uint64_t result_room = fcntl(results[0], F_GETPIPE_SZ) / MAX_MESSAGE;

	if (result_room < room)
		room = result_room;
	for (uint64_t i = 0; i < per_page; i++)
		memcpy(page + i * size, in->pristine, size);
	reset_input(in);
	for (uint64_t left = n; left;) {
		uint64_t chunk = left < room ? left : room;

		for (uint64_t i = 0; i < chunk; i += per_page) {
			ssize_t bytes = (chunk - i < per_page ? chunk - i : per_page) * size;

			if (write(requests[1], page, bytes) != bytes)
				return reply("error fill: %s", strerror(errno));
		}

		uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		for (uint64_t i = 0; i < chunk; i++) {
			uint32_t bytes;

			if (read(requests[0], in->at.data, size) != (ssize_t)size)
				return reply("error read: %s", strerror(errno));
			uint8_t *result = answer(in, afresh, &bytes);
			if (write(results[1], result, bytes) < 0)
				return reply("error write: %s", strerror(errno));
		}
		ns += cpu_ns_since(start);

		for (uint64_t i = 0; i < chunk;) {
			uint64_t most = sizeof(taken) / result_bytes;
			uint64_t asked = chunk - i < most ? chunk - i : most;

			if (read(results[0], taken, asked * result_bytes) != (ssize_t)(asked * result_bytes))
				return reply("error drain: %s", strerror(errno));
			for (uint64_t k = 0; k < asked; k++)
				good += is_good(in, taken + k * result_bytes, result_bytes, expected);
			i += asked;
		}
		left -= chunk;
	}
	close(requests[0]), close(requests[1]), close(results[0]), close(results[1]);
	reply("ok %llu %llu 0", (unsigned long long)ns, (unsigned long long)good);
}

/* Request and response with another process on the same CPU, which runs the program. */
static void batch_wakeup(struct input *in, int afresh, uint64_t n, uint32_t expected)
{
	int pair[2];
	uint64_t good = 0;
	uint8_t message[MAX_MESSAGE + 1];

	if (is_too_long(in))
		return reply("error an input of the wakeup arm holds at most %zu bytes", MAX_MESSAGE - sizeof(expected));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return reply("error socketpair: %s", strerror(errno));

	pid_t server = fork();

	if (server < 0)
		return reply("error fork: %s", strerror(errno));
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		uint32_t bytes;

		reset_input(in);
		while (read(pair[1], in->at.data, in->at.size + 1) == (ssize_t)in->at.size) {
			uint8_t *result = answer(in, afresh, &bytes);
			if (write(pair[1], result, bytes) < 0)
				break;
		}
		_exit(0);
	}
	close(pair[1]);

	uint64_t start = now_ns(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < n; i++) {
		if (write(pair[0], in->pristine, in->at.size) != (ssize_t)in->at.size)
			break;
		good += is_good(in, message, read(pair[0], message, sizeof(message)), expected);
	}
	uint64_t end = now_ns(CLOCK_MONOTONIC);

	close(pair[0]);
	waitpid(server, NULL, 0);
	reply("ok %llu %llu 0", (unsigned long long)(end - start), (unsigned long long)good);
}

static void do_batch(struct input *in, const char *arm, const char *mode, uint64_t n, uint32_t expected)
{
	int afresh = !strcmp(mode, "afresh") || is_always_afresh(in);

	if (!strcmp(arm, "call"))
		batch_call(in, afresh, n, expected);
	else if (!strcmp(arm, "syscall"))
		batch_syscall(in, afresh, n, expected);
	else if (!strcmp(arm, "wakeup"))
		batch_wakeup(in, afresh, n, expected);
	else
		reply("error unknown arm");
}

#define PAGE 4096ul
/* Smaller than a huge page, on whose boundaries larger mappings would be put. */
#define PIECE (1ul << 20)

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Takes address space right below everything that is mapped, if no hole is left above. */
static int take_pages(size_t pages)
{
	for (size_t left = pages * PAGE; left;) {
		size_t bytes = left < PIECE ? left : PIECE;

		if (!reserve(bytes))
			return -1;
		left -= bytes;
	}
	return 0;
}

/*
 * A library is mapped into the highest hole that it fits in, which is the same in every process that we fork. So the
 * holes between our own mappings are closed, and the pages that a slot takes before it decide where its library lies.
 */
static void close_holes(void)
{
	uint8_t *below = reserve(64 * PIECE);

	for (size_t bytes = PIECE; below && bytes >= PAGE; bytes /= 16) {
		uint8_t *filler;

		while ((filler = reserve(bytes)) > below)
			;
		if (filler)
			munmap(filler, bytes);
	}
}

static char line[LINE_BYTES];

static int read_line(FILE *from)
{
	if (!fgets(line, sizeof(line), from))
		return 0;
	line[strcspn(line, "\n")] = 0;
	return 1;
}

/* The life of one slot's process: requests come without their slot. */
static void serve_slot(unsigned pages, unsigned stack_bytes, const char *library)
{
	/* The stack and the library land elsewhere in every process; the pages stay taken. */
	volatile char *stack = alloca(stack_bytes + 1);

	stack[0] = 0;
	if (take_pages(pages))
		return reply("error mmap: %s", strerror(errno));

	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return reply("error %s", dlerror());
	program = (uint32_t(*)(void *))dlsym(handle, "kfaas_program");
	loop = (uint64_t(*)(void *, uint64_t, uint32_t))dlsym(handle, "kfaas_loop");
	loop_afresh = (uint64_t(*)(void *, uint64_t, uint32_t, void (*)(void *), void *))dlsym(handle, "kfaas_loop_afresh");
	room = dlsym(handle, "kfaas_packet");

	void (*fill_rings)(void) = (void (*)(void))dlsym(handle, "kfaas_fill_rings"); /* a twin's */

	if (fill_rings)
		fill_rings();
	if (!program || !loop || !loop_afresh)
		return reply("error %s", dlerror());
	reply("ok");
	while (read_line(requests)) {
		char word[16], mode[16];
		unsigned k, expected;
		unsigned long long n;
		int rest = 0;

		if (sscanf(line, "input %u %15s %n", &k, word, &rest) == 2 && rest && k < INPUTS)
			do_input(k, word, line + rest);
		else if (sscanf(line, "again %u", &k) == 1 && k < INPUTS && inputs[k].output)
			do_again(&inputs[k]);
		else if (sscanf(line, "batch %u %15s %15s %llu %u", &k, word, mode, &n, &expected) == 5 && k < INPUTS &&
			 inputs[k].output)
			do_batch(&inputs[k], word, mode, n, expected);
		else
			reply("error bad request");
	}
}

static struct slot {
	pid_t pid;
	FILE *to, *from;
} slots[SLOTS];

static int reap(struct slot *slot)
{
	int status = 0;

	fclose(slot->to);
	fclose(slot->from);
	waitpid(slot->pid, &status, 0);
	*slot = (struct slot){ 0 };
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Hands the slot's reply on, or says how it died. */
static void forward(struct slot *slot)
{
	if (read_line(slot->from))
		reply("%s", line);
	else
		reply("died %d", reap(slot));
}

static void do_load(struct slot *slot, unsigned pages, unsigned stack_bytes, const char *library)
{
	int pair[2];

	if (slot->pid)
		reap(slot);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return reply("error socketpair: %s", strerror(errno));
	slot->pid = fork();
	if (slot->pid < 0) {
		slot->pid = 0;
		return reply("error fork: %s", strerror(errno));
	}
	if (!slot->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < SLOTS; i++)
			if (slots[i].to)
				close(fileno(slots[i].to)), close(fileno(slots[i].from));
		close(pair[0]);

		int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(nowhere, 0);
		dup2(nowhere, 1);
		requests = fdopen(pair[1], "r");
		replies = fdopen(dup(pair[1]), "w");
		serve_slot(pages, stack_bytes, library);
		_exit(0);
	}
	close(pair[1]);
	slot->to = fdopen(pair[0], "w");
	slot->from = fdopen(dup(pair[0]), "r");
	forward(slot);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* a dead slot shows as the end of its replies */
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a program that never returns would keep us from the end of our requests */
	close_holes();
	measure_clock();
	requests = stdin;
	replies = stdout;
	while (read_line(requests)) {
		unsigned k, pages, stack_bytes;
		int rest = 0;
		char verb[16];

		if (sscanf(line, "load %u %u %u %n", &k, &pages, &stack_bytes, &rest) == 3 && rest && k < SLOTS) {
			do_load(&slots[k], pages, stack_bytes, line + rest);
		} else if (sscanf(line, "drop %u", &k) == 1 && k < SLOTS) {
			if (slots[k].pid)
				reap(&slots[k]);
			reply("ok");
		} else if (sscanf(line, "%15s %u %n", verb, &k, &rest) == 2 && rest && k < SLOTS && slots[k].pid) {
			fprintf(slots[k].to, "%s %s\n", verb, line + rest);
			fflush(slots[k].to);
			forward(&slots[k]);
		} else {
			reply("error bad request");
		}
	}
	return 0;
}
