// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Runs the programs of one twin, a shared library, on packets, and tells what they left behind: in a process of its own,
 * so that a crash is an answer. Requests are lines of standard input, replies lines of standard output:
 *
 *   run PROGRAM HEX      PROGRAM is a place in the twin's table, HEX the packet from its Ethernet header (for other
 *                        programs the context); answers `ok RETVAL HEX CONTEXT`, the packet and its struct __sk_buff
 *                        (`-` where there is none) as BPF_PROG_TEST_RUN gives them back, or `stopped WHAT`
 *   maps                 every element as `element MAP KEY VALUE`, then `end`
 *   executed             every counter that is not 0 as `slot SLOT COUNT`, then `end`, and they start again at 0
 *
 * What a test run sets up is what net/bpf/test_run.c sets up.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include "runtime.h"

#define MAX_PACKET 65536
#define HEADROOM 8192
#define TAILROOM 8192
#define XDP_HEADROOM 256
#define XDP_TAILROOM 320 /* of the page: struct skb_shared_info */
#define PAGE 4096

static struct {
	const struct kfaas_program *programs;
	u32 program_count, map_count, slot_count, program_type;
	struct kfaas_map *maps;
	struct kfaas_packet *packet;
	u64 *executed;
	void **landing;
	const char *volatile *stopped;
	int (*run)(const struct kfaas_program *, void *);
	void (*collect_globals)(void);
} twin;

static u8 *memory; /* below 4 GiB */
static u8 input[MAX_PACKET];
static char line[2 * MAX_PACKET + 256];

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
	twin.landing = symbol(library, "kfaas_landing");
	twin.stopped = symbol(library, "kfaas_stopped");
	twin.run = (int (*)(const struct kfaas_program *, void *))symbol(library, "kfaas_run");
	twin.collect_globals = (void (*)(void))symbol(library, "kfaas_collect_globals");
	*(int *)symbol(library, "kfaas_may_stop") = 1;
}

static void *low_memory(size_t bytes)
{
#ifdef MAP_32BIT
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#else
	void *p = mmap((void *)0x10000000, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
#endif
	if (p == MAP_FAILED)
		fail("no memory below 4 GiB");
	return p;
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

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t read_hex(const char *hex, u8 *to, size_t room)
{
	size_t count = 0;

	for (; count < room && digit_of(hex[0]) >= 0 && digit_of(hex[1]) >= 0; hex += 2)
		to[count++] = digit_of(hex[0]) << 4 | digit_of(hex[1]);
	return count;
}

/* eth_type_trans() and eth_skb_pkt_type() for a packet on the loopback device, whose address is all zeros. */
static u32 ethernet_protocol(const u8 *packet, size_t bytes)
{
	u16 type, first;

	memcpy(&type, packet + 12, sizeof(type));
	if (ntohs(type) >= ETH_P_802_3_MIN)
		return type;
	memcpy(&first, packet + ETH_HLEN, sizeof(first));
	return bytes >= ETH_HLEN + 2 && first == 0xffff ? htons(ETH_P_802_3) : htons(ETH_P_802_2);
}

static u32 packet_type(const u8 *packet)
{
	static const u8 nobody[6], everybody[6] = { 255, 255, 255, 255, 255, 255 };

	if (!memcmp(packet, nobody, 6))
		return 0; /* PACKET_HOST */
	return !memcmp(packet, everybody, 6) ? 1 : packet[0] & 1 ? 2 : 3;
}

/* The socket that a test run gives to its packet. */
static void set_up_socket(struct bpf_sock *socket, u32 protocol, const u8 *network, size_t bytes)
{
	*socket = (struct bpf_sock){ .state = 7 /* BPF_TCP_CLOSE */, .rx_queue_mapping = -1 };
	if (protocol == htons(ETH_P_IP)) {
		socket->family = AF_INET;
		if (bytes >= 20) {
			memcpy(&socket->src_ip4, network + 12, 4);
			memcpy(&socket->dst_ip4, network + 16, 4);
		}
	} else if (protocol == htons(ETH_P_IPV6)) {
		socket->family = AF_INET6;
		if (bytes >= 40) {
			memcpy(socket->src_ip6, network + 8, 16);
			memcpy(socket->dst_ip6, network + 24, 16);
		}
	}
}

/* Returns the run's first return, or -1 where it was stopped. */
static int guarded(const struct kfaas_program *program, void *context, u32 *retval)
{
	if (__builtin_setjmp(twin.landing))
		return -1;
	*retval = twin.run(program, context);
	return 0;
}

static int stopped(void)
{
	printf("stopped %s\n", *twin.stopped);
	return -1;
}

static void run_xdp(const struct kfaas_program *program, size_t bytes)
{
	static struct xdp_md xdp;
	u8 *head = memory, *data = head + XDP_HEADROOM;
	u32 retval;

	memset(memory, 0, PAGE);
	memcpy(data, input, bytes);
	xdp = (struct xdp_md){ .data = (uintptr_t)data,
			       .data_end = (uintptr_t)data + bytes,
			       .data_meta = (uintptr_t)data,
			       .ingress_ifindex = 1 };
	*twin.packet = (struct kfaas_packet){ .context = &xdp, .head = head, .end = head + PAGE - XDP_TAILROOM };
	if (guarded(program, &xdp, &retval) && stopped())
		return;
	printf("ok %u", retval);
	print_hex((u8 *)(uintptr_t)xdp.data_meta, xdp.data_end - xdp.data_meta);
	puts(" -");
}

static int sees_ethernet(u32 type)
{
	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
}

static void run_skb(const struct kfaas_program *program, size_t bytes)
{
	static struct __sk_buff skb;
	static struct bpf_sock socket;
	u32 skipped = sees_ethernet(twin.program_type) ? 0 : ETH_HLEN;
	u8 *data = memory + HEADROOM;
	u32 retval;

	memset(memory, 0, HEADROOM);
	memcpy(data, input, bytes);
	memset(data + bytes, 0, TAILROOM);
	skb = (struct __sk_buff){ .len = bytes - skipped,
				  .pkt_type = packet_type(data),
				  .protocol = ethernet_protocol(data, bytes),
				  .ifindex = 1,
				  .wire_len = bytes - skipped,
				  .data = (uintptr_t)data + skipped,
				  .data_end = (uintptr_t)data + bytes,
				  .data_meta = (uintptr_t)data + skipped };
	set_up_socket(&socket, skb.protocol, data + ETH_HLEN, bytes - ETH_HLEN);
	skb.sk = &socket;
	*twin.packet = (struct kfaas_packet){ .context = &skb,
					      .head = memory,
					      .end = memory + HEADROOM + MAX_PACKET + TAILROOM,
					      .network_header = data + ETH_HLEN };
	if (guarded(program, &skb, &retval) && stopped())
		return;
	printf("ok %u", retval);
	memset((u8 *)(uintptr_t)skb.data - skipped, 0, skipped); /* the kernel blanks what it puts back in front */
	print_hex((u8 *)(uintptr_t)skb.data - skipped, skb.len + skipped);
	print_hex((u8 *)&skb, sizeof(skb));
	puts("");
}

static void run_raw(const struct kfaas_program *program, size_t bytes)
{
	u32 retval;

	memcpy(memory, input, bytes);
	if (guarded(program, memory, &retval) && stopped())
		return;
	printf("ok %u", retval);
	print_hex(memory, bytes);
	puts(" -");
}

static void do_run(u32 index, const char *hex)
{
	size_t bytes = read_hex(hex, input, sizeof(input));
	int is_raw = twin.program_type == BPF_PROG_TYPE_SYSCALL;

	if (index >= twin.program_count || (!is_raw && bytes < ETH_HLEN))
		fail("bad request");
	if (is_raw)
		run_raw(&twin.programs[index], bytes);
	else if (twin.program_type == BPF_PROG_TYPE_XDP)
		run_xdp(&twin.programs[index], bytes);
	else
		run_skb(&twin.programs[index], bytes);
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
	if (argc != 2)
		fail("usage: runner LIBRARY");
	memory = low_memory(HEADROOM + MAX_PACKET + 2 * TAILROOM);
	open_twin(argv[1]);
	while (fgets(line, sizeof(line), stdin)) {
		u32 program;
		int rest = 0;

		if (sscanf(line, "run %u %n", &program, &rest) == 1 && rest)
			do_run(program, line + rest);
		else if (!strcmp(line, "maps\n"))
			do_maps();
		else if (!strcmp(line, "executed\n"))
			do_executed();
		else
			fail("bad request");
		fflush(stdout);
	}
	return 0;
}
