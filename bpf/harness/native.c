// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The user-space side: runs programs that were compiled to shared libraries, in throw-away processes, and times them.
 *
 * Standard input and output carry one request and one reply a line. `load` forks a process for a slot, so every load
 * is laid out afresh (library variant, placement, stack) and a crash costs one slot, not the measurement:
 *
 *   load SLOT PAGES STACK_BYTES LIBRARY     a fresh process; PAGES of address space are taken before the library maps
 *   input SLOT K CONTEXT HEX                context: xdp, skb, socket or raw; answers `ok RETVAL HEX` of one run
 *   again SLOT K                            runs once more on the output of the last run; answers `ok RETVAL HEX`
 *   batch SLOT K ARM N RETVAL               arm: call, syscall, wakeup; answers `ok NS GOOD`
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
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SLOTS 16
#define INPUTS 16
#define MAX_INPUT 65536
#define LINE_BYTES (2 * MAX_INPUT + 4096)
/* As XDP_PACKET_HEADROOM of the kernel; also keeps packets on the kernel's alignment. */
#define HEADROOM 256
/* Results wait in the pipe until they are checked; each takes a page of it at most (pipe(7)). */
#define MAX_MESSAGE 4096

enum context { CONTEXT_XDP, CONTEXT_SKB, CONTEXT_SOCKET, CONTEXT_RAW, CONTEXTS };
static const char *const context_names[CONTEXTS] = { "xdp", "skb", "socket", "raw" };

struct input {
	enum context context;
	uint32_t size;
	uint8_t *memory;
	size_t memory_bytes;
	/* Below 4 GiB, HEADROOM bytes free in front; with CONTEXT_RAW the bytes are the context itself. */
	uint8_t *data;
	uint8_t *pristine;
	uint8_t *output; /* of the first run */
	uint32_t retval;
	union {
		struct xdp_md xdp;
		struct __sk_buff skb;
	} *md;
};

static uint32_t (*program)(void *);
static uint64_t (*loop)(void *, uint64_t, uint32_t);
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

static void *low_memory(size_t bytes)
{
#ifdef MAP_32BIT
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#else
	static uintptr_t at = 0x10000000;
	void *p = mmap((void *)at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	at += (bytes + 0xffff) & ~(uintptr_t)0xffff;
#endif
	return p == MAP_FAILED ? NULL : p;
}

static void *context_of(struct input *in)
{
	return in->context == CONTEXT_RAW ? (void *)in->data : (void *)in->md;
}

/* Puts the input's bytes and its context back to what they were before the first run. */
static void reset(struct input *in)
{
	memcpy(in->data, in->pristine, in->size);
	if (in->context == CONTEXT_XDP) {
		in->md->xdp = (struct xdp_md){ .data = (uintptr_t)in->data,
					       .data_end = (uintptr_t)in->data + in->size,
					       .data_meta = (uintptr_t)in->data,
					       .ingress_ifindex = 1 };
	} else if (in->context != CONTEXT_RAW) {
		/* bpf_prog_test_run_skb() runs a socket filter behind the Ethernet header, a tc program in front of it. */
		uint32_t skip = in->context == CONTEXT_SOCKET ? ETH_HLEN : 0;
		uint16_t proto;

		memcpy(&proto, in->pristine + 12, sizeof(proto));
		in->md->skb = (struct __sk_buff){ .len = in->size - skip,
						  .protocol = proto,
						  .ifindex = 1,
						  .data = (uintptr_t)in->data + skip,
						  .data_end = (uintptr_t)in->data + in->size };
	}
}

static const char *hex_of(const uint8_t *bytes, uint32_t size)
{
	static char text[2 * MAX_INPUT + 1];

	for (uint32_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * size] = 0;
	return text;
}

/* An input may be replaced by another. */
static void forget(struct input *in)
{
	if (in->memory)
		munmap(in->memory, in->memory_bytes);
	free(in->pristine);
	free(in->output);
	in->memory = in->data = in->pristine = in->output = NULL;
}

static void do_input(unsigned k, const char *context, const char *hex)
{
	struct input *in = &inputs[k];
	size_t digits = strlen(hex);

	for (in->context = 0; in->context < CONTEXTS && strcmp(context, context_names[in->context]); in->context++)
		;
	in->size = digits / 2;
	if (in->context == CONTEXTS || digits % 2 || digits / 2 > MAX_INPUT ||
	    ((in->context == CONTEXT_SKB || in->context == CONTEXT_SOCKET) && in->size < ETH_HLEN))
		return reply("error bad input");

	forget(in);
	in->memory_bytes = HEADROOM + in->size + sizeof(*in->md) + 64;
	in->memory = low_memory(in->memory_bytes);
	in->pristine = malloc(in->size + 1);
	in->output = malloc(in->size + 1);
	if (!in->memory || !in->pristine || !in->output)
		return reply("error out of memory below 4 GiB");
	in->data = in->memory + HEADROOM;
	in->md = (void *)(((uintptr_t)in->data + in->size + 63) & ~(uintptr_t)63);
	for (uint32_t i = 0; i < in->size; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return reply("error bad hex");
		in->pristine[i] = byte;
	}
	reset(in);
	in->retval = program(context_of(in));
	memcpy(in->output, in->data, in->size);
	reply("ok %u %s", in->retval, hex_of(in->output, in->size));
}

static void do_again(struct input *in)
{
	uint32_t retval = program(context_of(in));

	reply("ok %u %s", retval, hex_of(in->data, in->size));
}

static void batch_call(struct input *in, uint64_t n, uint32_t expected)
{
	reset(in);

	uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t good = loop(context_of(in), n, expected);
	uint64_t ns = cpu_ns_since(start);

	reply("ok %llu %llu", (unsigned long long)ns, (unsigned long long)good);
}

/* The result as it goes back to the kernel: the return value, then the packet. It lies in front of the packet. */
static uint8_t *message_of(struct input *in, uint32_t retval)
{
	memcpy(in->data - sizeof(retval), &retval, sizeof(retval));
	return in->data - sizeof(retval);
}

static int is_good(const struct input *in, const uint8_t *message, ssize_t size, uint32_t expected)
{
	return size == (ssize_t)(sizeof(expected) + in->size) && !memcmp(message, &expected, sizeof(expected)) &&
	       !memcmp(message + sizeof(expected), in->output, in->size);
}

/*
 * Each invocation reads its input from one pipe and writes its result to another: the cheapest way of crossing that a
 * user-space packet program has (a byte-stream pipe costs half of a memfd, less than a third of a socket). The pipes are filled and
 * emptied off the clock, so that nothing but the two system calls and the program is on it; every result is compared
 * with the proven one while it is taken out.
 */
static void batch_syscall(struct input *in, uint64_t n, uint32_t expected)
{
	int requests[2], results[2];
	uint64_t ns = 0, good = 0;
	/* The kernel begins a page of the pipe with each of these writes, so that no request lies across two. */
	static uint8_t page[MAX_MESSAGE], taken[4 * MAX_MESSAGE];
	uint32_t result_bytes = sizeof(expected) + in->size;
	uint64_t per_page = MAX_MESSAGE / (in->size ? in->size : 1);

	if (result_bytes > MAX_MESSAGE)
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
		memcpy(page + i * in->size, in->pristine, in->size);
	reset(in);
	for (uint64_t left = n; left;) {
		uint64_t chunk = left < room ? left : room;

		for (uint64_t i = 0; i < chunk; i += per_page) {
			ssize_t bytes = (chunk - i < per_page ? chunk - i : per_page) * in->size;

			if (write(requests[1], page, bytes) != bytes)
				return reply("error fill: %s", strerror(errno));
		}

		uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		for (uint64_t i = 0; i < chunk; i++) {
			if (read(requests[0], in->data, in->size) != (ssize_t)in->size)
				return reply("error read: %s", strerror(errno));
			uint8_t *result = message_of(in, program(context_of(in)));
			if (write(results[1], result, result_bytes) < 0)
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
	reply("ok %llu %llu", (unsigned long long)ns, (unsigned long long)good);
}

/* Request and response with another process on the same CPU, which runs the program. */
static void batch_wakeup(struct input *in, uint64_t n, uint32_t expected)
{
	int pair[2];
	uint64_t good = 0;
	uint8_t message[MAX_MESSAGE + 1];

	if (in->size + sizeof(expected) > MAX_MESSAGE)
		return reply("error an input of the wakeup arm holds at most %zu bytes", MAX_MESSAGE - sizeof(expected));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return reply("error socketpair: %s", strerror(errno));

	pid_t server = fork();

	if (server < 0)
		return reply("error fork: %s", strerror(errno));
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		reset(in);
		while (read(pair[1], in->data, in->size + 1) == (ssize_t)in->size) {
			uint8_t *result = message_of(in, program(context_of(in)));
			if (write(pair[1], result, sizeof(expected) + in->size) < 0)
				break;
		}
		_exit(0);
	}
	close(pair[1]);

	uint64_t start = now_ns(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < n; i++) {
		if (write(pair[0], in->pristine, in->size) != (ssize_t)in->size)
			break;
		good += is_good(in, message, read(pair[0], message, sizeof(message)), expected);
	}
	uint64_t end = now_ns(CLOCK_MONOTONIC);

	close(pair[0]);
	waitpid(server, NULL, 0);
	reply("ok %llu %llu", (unsigned long long)(end - start), (unsigned long long)good);
}

static void do_batch(struct input *in, const char *arm, uint64_t n, uint32_t expected)
{
	if (!strcmp(arm, "call"))
		batch_call(in, n, expected);
	else if (!strcmp(arm, "syscall"))
		batch_syscall(in, n, expected);
	else if (!strcmp(arm, "wakeup"))
		batch_wakeup(in, n, expected);
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
	if (!program || !loop)
		return reply("error %s", dlerror());
	reply("ok");
	while (read_line(requests)) {
		char word[16];
		unsigned k, expected;
		unsigned long long n;
		int rest = 0;

		if (sscanf(line, "input %u %15s %n", &k, word, &rest) == 2 && rest && k < INPUTS)
			do_input(k, word, line + rest);
		else if (sscanf(line, "again %u", &k) == 1 && k < INPUTS && inputs[k].data)
			do_again(&inputs[k]);
		else if (sscanf(line, "batch %u %15s %llu %u", &k, word, &n, &expected) == 4 && k < INPUTS && inputs[k].data)
			do_batch(&inputs[k], word, n, expected);
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
