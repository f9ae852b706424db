// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel side's part that must be C: a shared library beside libbpf that
 *   - records the BPF_PROG_LOAD calls which libbpf makes, so that the very same load can be made again with other
 *     instructions (exact flags, BTF, attach types and descriptors; rewriting an object would lose some of them);
 *   - runs BPF_PROG_TEST_RUN with both clocks read right around the system call;
 *   - keeps XDP programs in the dispatcher of a loopback device, where a test run need not wait for RCU.
 * Functions return a value >= 0 or a negated errno.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define API __attribute__((visibility("default")))

/* Larger than any kernel's union bpf_attr; what the kernel does not know must be zero. */
union attr {
	union bpf_attr bpf;
	uint8_t bytes[512];
};

/*
 * The verifier gives up with EAGAIN when a signal comes (SIGCHLD of a compiler, say). libbpf asks five times, which a busy
 * machine can outlast.
 */
static long patient_bpf(long cmd, long attr, long size)
{
	long ret;
	int attempts = cmd == BPF_PROG_LOAD ? 100 : 1;

	do
		ret = syscall(__NR_bpf, cmd, attr, size);
	while (ret < 0 && errno == EAGAIN && --attempts > 0);
	return ret;
}

static long bpf(int cmd, union attr *attr, unsigned size)
{
	long ret = patient_bpf(cmd, (long)attr, size);

	return ret < 0 ? -errno : ret;
}

/* ---- libbpf's messages ---- */

static char messages[65536];
static size_t messages_length;

API int kfaas_print(int level, const char *format, va_list args)
{
	if (level == 2) /* LIBBPF_DEBUG */
		return 0;
	if (messages_length < sizeof(messages) - 1) {
		int n = vsnprintf(messages + messages_length, sizeof(messages) - messages_length, format, args);

		messages_length += n < 0 ? 0 : n;
		if (messages_length > sizeof(messages) - 1)
			messages_length = sizeof(messages) - 1;
	}
	return 0;
}

/* Copies the messages since the last call, zero-terminated. */
API void kfaas_take_messages(char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)messages_length, messages);
	messages_length = 0;
}

/* Tells libbpf to speak through kfaas_print(), whose va_list cannot cross a foreign function interface. */
API void kfaas_route_messages(void (*set_print)(int (*)(int, const char *, va_list)))
{
	set_print(kfaas_print);
}

/* ---- recording program loads ---- */

struct captured {
	int fd;
	unsigned size;
	union attr attr; /* pointers and descriptors are our own copies, but for the maps' in the instructions */
	void *line_info; /* not sent again */
	unsigned line_info_count, line_info_record_bytes;
};

static struct captured *captures;
static unsigned capture_count;

static void *copy_of(uint64_t from, size_t size)
{
	void *to = malloc(size ? size : 1);

	if (to && size)
		memcpy(to, (void *)(uintptr_t)from, size);
	return to;
}

static int duplicate(int fd)
{
	return fd > 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
}

/* libbpf does not say how long fd_array is; instructions refer to it by index. */
static unsigned fd_array_length(const struct bpf_insn *insns, unsigned count)
{
	unsigned length = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned index = 0;

		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == BPF_PSEUDO_KFUNC_CALL && insns[i].off > 0)
			index = insns[i].off + 1;
		else if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
			 (insns[i].src_reg == BPF_PSEUDO_MAP_IDX || insns[i].src_reg == BPF_PSEUDO_MAP_IDX_VALUE))
			index = insns[i].imm + 1;
		if (index > length)
			length = index;
	}
	return length;
}

static void capture(int fd, const void *attr, unsigned size)
{
	struct captured *grown = realloc(captures, (capture_count + 1) * sizeof(*captures));

	if (!grown || size > sizeof(union attr))
		return;
	captures = grown;

	struct captured *c = &captures[capture_count];
	union bpf_attr *a = &c->attr.bpf;

	memset(c, 0, sizeof(*c));
	memcpy(&c->attr, attr, size);
	c->fd = fd;
	c->size = size;

	unsigned fds = a->fd_array ? fd_array_length((void *)(uintptr_t)a->insns, a->insn_cnt) : 0;

	a->insns = (uintptr_t)copy_of(a->insns, a->insn_cnt * sizeof(struct bpf_insn));
	a->license = (uintptr_t)strdup((const char *)(uintptr_t)a->license);
	a->func_info = (uintptr_t)copy_of(a->func_info, (size_t)a->func_info_cnt * a->func_info_rec_size);
	a->fd_array = fds ? (uintptr_t)copy_of(a->fd_array, fds * sizeof(int)) : 0;
	for (unsigned i = 0; i < fds; i++)
		((int *)(uintptr_t)a->fd_array)[i] = duplicate(((int *)(uintptr_t)a->fd_array)[i]);
	a->prog_btf_fd = duplicate(a->prog_btf_fd);
	/* Only a program to attach to or a BTF object stands here as a descriptor. */
	a->attach_prog_fd = duplicate(a->attach_prog_fd);
	c->line_info_count = a->line_info_cnt;
	c->line_info_record_bytes = a->line_info_rec_size;
	c->line_info = copy_of(a->line_info, (size_t)a->line_info_cnt * a->line_info_rec_size);
	/* Two line records may not share an instruction, and timing needs none; nor the log, nor applied relocations. */
	a->line_info = a->line_info_cnt = a->line_info_rec_size = 0;
	a->core_relos = a->core_relo_cnt = a->core_relo_rec_size = 0;
	a->log_buf = a->log_size = a->log_level = 0;
	capture_count++;
}

static long intercepted_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	long ret = number == __NR_bpf ? patient_bpf(a, b, c) : syscall(number, a, b, c, d, e, f);
	int saved = errno;

	if (number == __NR_bpf && a == BPF_PROG_LOAD && ret >= 0)
		capture(ret, (void *)b, c);
	errno = saved;
	return ret;
}

#if defined(__x86_64__)
#define IS_SLOT(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#elif defined(__aarch64__)
#define IS_SLOT(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#else
#error "the global offset table of this architecture is not known"
#endif

static void patch(const struct dl_phdr_info *info, const ElfW(Rela) *relocations, size_t bytes,
		  const ElfW(Sym) *symbols, const char *names, int *patched)
{
	long page = sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < bytes / sizeof(*relocations); i++) {
		const ElfW(Rela) *r = &relocations[i];

		if (!IS_SLOT(ELF64_R_TYPE(r->r_info)) || strcmp(names + symbols[ELF64_R_SYM(r->r_info)].st_name, "syscall"))
			continue;

		void **slot = (void **)(info->dlpi_addr + r->r_offset);

		/* The page is read-only where the library was linked with -z now. */
		if (mprotect((void *)((uintptr_t)slot & -page), page, PROT_READ | PROT_WRITE))
			continue;
		*slot = (void *)intercepted_syscall;
		(*patched)++;
	}
}

static int patch_libbpf(struct dl_phdr_info *info, size_t size, void *patched)
{
	(void)size;
	if (!strstr(info->dlpi_name, "libbpf.so"))
		return 0;

	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL;
	const ElfW(Rela) *plt = NULL, *rela = NULL;
	size_t plt_bytes = 0, rela_bytes = 0;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		for (const ElfW(Dyn) *d = (void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr); d->d_tag != DT_NULL; d++) {
			/* glibc has already turned the addresses into absolute ones. */
			switch (d->d_tag) {
			case DT_SYMTAB: symbols = (void *)d->d_un.d_ptr; break;
			case DT_STRTAB: names = (void *)d->d_un.d_ptr; break;
			case DT_JMPREL: plt = (void *)d->d_un.d_ptr; break;
			case DT_PLTRELSZ: plt_bytes = d->d_un.d_val; break;
			case DT_RELA: rela = (void *)d->d_un.d_ptr; break;
			case DT_RELASZ: rela_bytes = d->d_un.d_val; break;
			}
		}
	}
	if (symbols && names) {
		patch(info, plt, plt_bytes, symbols, names, patched);
		patch(info, rela, rela_bytes, symbols, names, patched);
	}
	return 1;
}

/* Puts the recorder between libbpf and syscall(2). libbpf must be loaded. */
API int kfaas_record_loads(void)
{
	int patched = 0;

	dl_iterate_phdr(patch_libbpf, &patched);
	return patched ? 0 : -ENOENT;
}

/* The newest recorded load that returned this descriptor. Descriptors are reused; probes of libbpf's own come first. */
API int kfaas_recorded(int fd)
{
	for (unsigned i = capture_count; i-- > 0;)
		if (captures[i].fd == fd)
			return i;
	return -ENOENT;
}

API uint32_t kfaas_recorded_flags(int index)
{
	return captures[index].attr.bpf.prog_flags;
}

API int kfaas_recorded_insn_count(int index)
{
	return captures[index].attr.bpf.insn_cnt;
}

/* Bytes of all func_info records together; `record_bytes` receives the size of one. */
API int kfaas_recorded_func_info_bytes(int index, uint32_t *record_bytes)
{
	const union bpf_attr *a = &captures[index].attr.bpf;

	*record_bytes = a->func_info_rec_size;
	return a->func_info_cnt * a->func_info_rec_size;
}

API void kfaas_recorded_copy(int index, void *insns, void *func_info)
{
	const union bpf_attr *a = &captures[index].attr.bpf;

	memcpy(insns, (void *)(uintptr_t)a->insns, a->insn_cnt * sizeof(struct bpf_insn));
	memcpy(func_info, (void *)(uintptr_t)a->func_info, (size_t)a->func_info_cnt * a->func_info_rec_size);
}

/* Bytes of all line_info records together; `record_bytes` receives the size of one. */
API int kfaas_recorded_line_info_bytes(int index, uint32_t *record_bytes)
{
	*record_bytes = captures[index].line_info_record_bytes;
	return captures[index].line_info_count * captures[index].line_info_record_bytes;
}

API void kfaas_recorded_line_info(int index, void *to)
{
	const struct captured *c = &captures[index];

	memcpy(to, c->line_info, (size_t)c->line_info_count * c->line_info_record_bytes);
}

/* Makes a recorded load again with other instructions; returns the new program's descriptor. */
API int kfaas_reload(int index, const void *insns, uint32_t insn_count, const void *func_info, uint32_t func_info_bytes,
		     char *log, uint32_t log_size, uint32_t log_level)
{
	union attr attr = captures[index].attr;
	union bpf_attr *a = &attr.bpf;

	a->insns = (uintptr_t)insns;
	a->insn_cnt = insn_count;
	a->func_info = (uintptr_t)func_info;
	a->func_info_cnt = a->func_info_rec_size ? func_info_bytes / a->func_info_rec_size : 0;
	if (!a->func_info_cnt)
		a->func_info = a->func_info_rec_size = 0;
	if (log_size) {
		a->log_buf = (uintptr_t)log;
		a->log_size = log_size;
		a->log_level = log_level;
	}

	return bpf(BPF_PROG_LOAD, &attr, captures[index].size);
}

/* Loads a program of the given instructions alone; what fillers, floors and dispatchers are made of. */
API int kfaas_load_plain(uint32_t type, uint32_t expected_attach_type, uint32_t flags, const void *insns,
			 uint32_t insn_count, char *log, uint32_t log_size)
{
	union attr attr = { 0 };

	attr.bpf.prog_type = type;
	attr.bpf.expected_attach_type = expected_attach_type;
	attr.bpf.prog_flags = flags;
	attr.bpf.insns = (uintptr_t)insns;
	attr.bpf.insn_cnt = insn_count;
	attr.bpf.license = (uintptr_t)"Dual BSD/GPL";
	if (log_size) {
		attr.bpf.log_buf = (uintptr_t)log;
		attr.bpf.log_size = log_size;
		attr.bpf.log_level = 1;
	}
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr.bpf));
}

/* ---- test runs ---- */

struct kfaas_run {
	int32_t fd;
	uint32_t repeat; /* 0 for syscall programs, which know none */
	const void *data_in;
	void *data_out; /* NULL: not wanted */
	void *ctx; /* syscall programs: in and out */
	uint32_t data_in_bytes;
	uint32_t data_out_bytes; /* in: room; out: length */
	uint32_t ctx_bytes;
	uint32_t retval; /* from here on: results */
	uint32_t kernel_duration_ns; /* the kernel's own mean, truncated to whole ns */
	uint32_t retries;
	uint64_t cpu_ns;
	uint64_t wall_ns;
	void *ctx_out; /* skb programs: receives the struct __sk_buff after the last run; NULL: not wanted */
	uint64_t ctx_out_bytes;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* A signal ends a repeated run with EINTR and no duration: it is made again and counted. */
API int kfaas_test_run(struct kfaas_run *run)
{
	run->retries = 0;
	for (;;) {
		union attr attr = { 0 };

		attr.bpf.test.prog_fd = run->fd;
		attr.bpf.test.repeat = run->repeat;
		attr.bpf.test.data_in = (uintptr_t)run->data_in;
		attr.bpf.test.data_size_in = run->data_in_bytes;
		attr.bpf.test.data_out = (uintptr_t)run->data_out;
		attr.bpf.test.data_size_out = run->data_out ? run->data_out_bytes : 0;
		attr.bpf.test.ctx_in = (uintptr_t)run->ctx;
		attr.bpf.test.ctx_size_in = run->ctx_bytes;
		attr.bpf.test.ctx_out = (uintptr_t)run->ctx_out;
		attr.bpf.test.ctx_size_out = run->ctx_out_bytes;

		uint64_t wall = now_ns(CLOCK_MONOTONIC);
		uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
		long ret = bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr.bpf));

		run->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		run->wall_ns = now_ns(CLOCK_MONOTONIC) - wall;
		if (ret == -EINTR && run->retries < 1000) {
			run->retries++;
			continue;
		}
		run->retval = attr.bpf.test.retval;
		run->kernel_duration_ns = attr.bpf.test.duration;
		run->data_out_bytes = attr.bpf.test.data_size_out;
		return ret;
	}
}

/*
 * So many calls of one run each, every one on a fresh copy of the input, with the CPU's clock around them all. Ends early
 * where one returns something else than the first; `retval` is the last one's.
 */
API int kfaas_test_run_each(struct kfaas_run *run, uint32_t calls)
{
	union attr attr = { 0 };
	uint32_t first = 0;

	run->retries = 0;
	attr.bpf.test.prog_fd = run->fd;
	attr.bpf.test.repeat = 1;
	attr.bpf.test.data_in = (uintptr_t)run->data_in;
	attr.bpf.test.data_size_in = run->data_in_bytes;
	attr.bpf.test.ctx_in = (uintptr_t)run->ctx;
	attr.bpf.test.ctx_size_in = run->ctx_bytes;

	uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);

	for (uint32_t i = 0; i < calls; i++) {
		long ret = bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr.bpf));

		if (ret == -EINTR && run->retries++ < 1000) {
			i--;
			continue;
		}
		if (ret < 0)
			return ret;
		run->retval = attr.bpf.test.retval;
		if (i == 0)
			first = run->retval;
		else if (run->retval != first)
			break;
	}
	run->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	return 0;
}

/* ---- XDP's dispatcher ---- */

API int kfaas_prog_array(void)
{
	union attr attr = { 0 };

	attr.bpf.map_type = BPF_MAP_TYPE_PROG_ARRAY;
	attr.bpf.key_size = attr.bpf.value_size = 4;
	attr.bpf.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr.bpf));
}

API int kfaas_prog_array_set(int map_fd, int program_fd)
{
	union attr attr = { 0 };
	uint32_t key = 0;

	attr.bpf.map_fd = map_fd;
	attr.bpf.key = (uintptr_t)&key;
	attr.bpf.value = (uintptr_t)&program_fd;
	return bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr.bpf));
}

/*
 * Attaches an XDP program to `lo` of a network namespace of its own. While it is attached, bpf_prog_change_xdp() of a
 * test run finds it in the dispatcher already (kernel/bpf/dispatcher.c) and has nothing to wait for. The two descriptors
 * hold link and namespace; both go with the process.
 */
API int kfaas_attach_to_own_loopback(int program_fd, int *link_fd, int *namespace_fd)
{
	union attr attr = { 0 };
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	long ret;

	if (home < 0)
		return -errno;
	if (unshare(CLONE_NEWNET)) {
		ret = -errno;
		close(home);
		return ret;
	}
	*namespace_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	attr.bpf.link_create.prog_fd = program_fd;
	attr.bpf.link_create.target_ifindex = 1; /* lo is the first device of every namespace */
	attr.bpf.link_create.attach_type = BPF_XDP;
	attr.bpf.link_create.flags = XDP_FLAGS_SKB_MODE;
	ret = bpf(BPF_LINK_CREATE, &attr, sizeof(attr.bpf));
	*link_fd = ret;
	if (setns(home, CLONE_NEWNET) && ret >= 0)
		ret = -errno;
	close(home);
	return ret < 0 ? ret : 0;
}

/* ---- an empty network ---- */

/*
 * Puts the calling thread into a network namespace that has nothing but a loopback device, which is down: what programs
 * ask of devices, routes and sockets in a test run then has the same answer everywhere. Returns a descriptor of the
 * namespace that it comes from.
 */
API int kfaas_enter_empty_network(void)
{
	static int empty = -1;
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int failed;

	if (home < 0)
		return -errno;
	if (empty >= 0) {
		failed = setns(empty, CLONE_NEWNET);
	} else {
		failed = unshare(CLONE_NEWNET);
		if (!failed)
			empty = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	if (failed) {
		failed = errno;
		close(home);
		return -failed;
	}
	return home;
}

/* Back to where kfaas_enter_empty_network() came from. */
API int kfaas_leave_empty_network(int home)
{
	int failed = setns(home, CLONE_NEWNET) ? errno : 0;

	close(home);
	return -failed;
}

/* ---- the thread ---- */

/* Pins the calling thread; children inherit it. */
API int kfaas_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/*
 * Leaves no room in a ring buffer of so many bytes: its reader, whose place is user space's to write, is as far behind as it
 * can be.
 */
API int kfaas_fill_ring(int fd, uint32_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint64_t *consumed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (consumed == MAP_FAILED)
		return -errno;

	uint64_t *produced = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page);
	int error = produced == MAP_FAILED ? -errno : 0;

	if (!error) {
		__atomic_store_n(consumed, __atomic_load_n(produced, __ATOMIC_ACQUIRE) - bytes, __ATOMIC_RELEASE);
		munmap(produced, page);
	}
	munmap(consumed, page);
	return error;
}

static cpu_set_t unpinned;

/* Pins the calling thread until kfaas_unpin(). */
API int kfaas_pin_meanwhile(int cpu)
{
	return sched_getaffinity(0, sizeof(unpinned), &unpinned) ? -errno : kfaas_pin(cpu);
}

API int kfaas_unpin(void)
{
	return sched_setaffinity(0, sizeof(unpinned), &unpinned) ? -errno : 0;
}

/* Has the kernel kill us when whoever started us ends: nobody would read what we find out, or end what hangs. */
API int kfaas_end_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) ? -errno : 0;
}

/* The highest CPU that the thread may run on: interrupts tend to be served by the lowest. */
API int kfaas_highest_cpu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -ENOENT;
}
