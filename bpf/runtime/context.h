/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a test run sets up around a program (net/bpf/test_run.c), for whoever runs programs in user space: packet, context,
 * and the room to move in. Packets lie below 4 GiB, which makes the 32-bit pointers of real contexts valid.
 */
#ifndef KFAAS_CONTEXT_H
#define KFAAS_CONTEXT_H

#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "runtime.h"

#define MAX_PACKET 65536
#define SKB_HEADROOM 8192
#define SKB_TAILROOM 8192
#define XDP_HEADROOM 256 /* XDP_PACKET_HEADROOM */
#define XDP_TAILROOM 320 /* of the page: struct skb_shared_info */
#define XDP_PAGE 4096
#define FLOW_KEYS_ROOM 128 /* in front of the packet */

enum context_kind {
	CONTEXT_XDP,
	CONTEXT_SKB,
	CONTEXT_SOCKET, /* a struct __sk_buff whose packet begins behind the Ethernet header: socket filters, cgroup_skb, lwt_* */
	CONTEXT_FLOW, /* a struct __sk_buff with nothing but a packet and the struct bpf_flow_keys that comes out: flow_dissector */
	CONTEXT_RAW, /* the bytes are the context: syscall programs */
	CONTEXTS
};

static const char *const context_names[CONTEXTS] = { "xdp", "skb", "socket", "flow", "raw" };

union context {
	struct xdp_md xdp;
	struct __sk_buff skb;
};

/* One input and where it is run. Zeroed before its first use. */
struct surroundings {
	enum context_kind kind;
	uint32_t size; /* of the input */
	const uint8_t *input;
	uint8_t *memory; /* below 4 GiB */
	uint8_t *data; /* where in it the input is put */
	union context context, first_context; /* as it is, and as it was before the first run */
	struct kfaas_packet room;
	struct bpf_sock socket;
	struct bpf_flow_keys first_keys; /* of the flow dissector; those that it fills lie in front of the packet */
};

static inline void *low_memory(size_t bytes)
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

#define MEMORY_BYTES (SKB_HEADROOM + MAX_PACKET + SKB_TAILROOM)

/* eth_type_trans() for a packet on the loopback device. */
static inline uint32_t ethernet_protocol(const uint8_t *packet, size_t bytes)
{
	uint16_t type, first;

	memcpy(&type, packet + 12, sizeof(type));
	if (ntohs(type) >= ETH_P_802_3_MIN)
		return type;
	memcpy(&first, packet + ETH_HLEN, sizeof(first));
	return bytes >= ETH_HLEN + 2 && first == 0xffff ? htons(ETH_P_802_3) : htons(ETH_P_802_2);
}

/* eth_skb_pkt_type(); the loopback device's address is all zeros, and so is what it broadcasts to. */
static inline uint32_t packet_type(const uint8_t *packet)
{
	static const uint8_t nobody[6];

	if (!memcmp(packet, nobody, 6))
		return 0; /* PACKET_HOST */
	return packet[0] & 1 ? 2 : 3; /* PACKET_MULTICAST, PACKET_OTHERHOST */
}

/* The socket that a test run gives to its packet. */
static inline void set_up_socket(struct bpf_sock *socket, uint32_t protocol, const uint8_t *network, size_t bytes)
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

static inline uint32_t skipped_bytes(const struct surroundings *s)
{
	return s->kind == CONTEXT_SOCKET ? ETH_HLEN : 0;
}

static inline void *context_of(struct surroundings *s)
{
	return s->kind == CONTEXT_RAW ? (void *)s->data : (void *)&s->context;
}

static inline struct bpf_flow_keys *flow_keys_of(const struct surroundings *s)
{
	return (struct bpf_flow_keys *)(s->data - FLOW_KEYS_ROOM);
}

/* Puts the context back, and the room, which whoever runs a twin tells it. */
static inline void reset_context(struct surroundings *s, struct kfaas_packet *room)
{
	s->context = s->first_context;
	if (s->kind == CONTEXT_FLOW)
		*flow_keys_of(s) = s->first_keys;
	if (room)
		*room = s->room;
}

/* Puts everything that a program may have changed back, but for what lies around the packet. */
static inline void reset(struct surroundings *s, struct kfaas_packet *room)
{
	memcpy(s->data, s->input, s->size);
	reset_context(s, room);
}

static inline void set_up_xdp(struct surroundings *s)
{
	uint8_t *end = s->data + s->size, *page_end = s->memory + XDP_PAGE - XDP_TAILROOM;

	s->first_context.xdp = (struct xdp_md){ .data = (uintptr_t)s->data,
						.data_end = (uintptr_t)end,
						.data_meta = (uintptr_t)s->data,
						.ingress_ifindex = 1 };
	s->room = (struct kfaas_packet){ .context = &s->context,
					 .head = s->memory,
					 .end = page_end > end ? page_end : end };
}

static inline void set_up_skb(struct surroundings *s)
{
	uint32_t skipped = skipped_bytes(s), protocol = ethernet_protocol(s->data, s->size);

	s->first_context.skb = (struct __sk_buff){ .len = s->size - skipped,
						   .pkt_type = packet_type(s->data),
						   .protocol = protocol,
						   .ifindex = 1,
						   .wire_len = s->size - skipped,
						   .data = (uintptr_t)s->data + skipped,
						   .data_end = (uintptr_t)s->data + s->size,
						   .data_meta = (uintptr_t)s->data + skipped };
	set_up_socket(&s->socket, protocol, s->data + ETH_HLEN, s->size - ETH_HLEN);
	s->first_context.skb.sk = &s->socket;
	s->room = (struct kfaas_packet){ .context = &s->context,
					 .head = s->memory,
					 .end = s->memory + MEMORY_BYTES,
					 .network_header = s->data + ETH_HLEN };
}

/* bpf_flow_dissect() begins every run with these keys. Of `len` 0: bpf_skb_load_bytes() has no packet in a test run. */
static inline void set_up_flow(struct surroundings *s)
{
	s->first_keys = (struct bpf_flow_keys){ .nhoff = ETH_HLEN, .thoff = ETH_HLEN };
	memcpy(&s->first_keys.n_proto, s->data + 12, sizeof(s->first_keys.n_proto));
	s->first_context.skb = (struct __sk_buff){ .data = (uintptr_t)s->data,
						   .data_end = (uintptr_t)s->data + s->size,
						   .flow_keys = flow_keys_of(s) };
	s->room = (struct kfaas_packet){ 0 };
}

/*
 * Everything as before the first run: `kind`, `input`, `size` and `memory` (MEMORY_BYTES) say of what. A packet has an
 * Ethernet header at least.
 */
static inline void set_up(struct surroundings *s, struct kfaas_packet *room)
{
	uint32_t headroom = s->kind == CONTEXT_XDP ? XDP_HEADROOM : SKB_HEADROOM;
	uint32_t tailroom = s->kind == CONTEXT_XDP && s->size < XDP_PAGE ? XDP_PAGE - s->size : SKB_TAILROOM;

	s->data = s->memory + headroom;
	memset(s->memory, 0, headroom);
	memcpy(s->data, s->input, s->size);
	memset(s->data + s->size, 0, tailroom);
	if (s->kind == CONTEXT_XDP)
		set_up_xdp(s);
	else if (s->kind == CONTEXT_FLOW)
		set_up_flow(s);
	else if (s->kind != CONTEXT_RAW)
		set_up_skb(s);
	reset_context(s, room);
}

static inline uint16_t clamped(uint16_t value, uint16_t low, uint16_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* As bpf_flow_dissect() hands them on: offsets lie in the packet. */
static inline struct bpf_flow_keys *finished_flow_keys(const struct surroundings *s)
{
	struct bpf_flow_keys *keys = flow_keys_of(s);

	keys->nhoff = clamped(keys->nhoff, ETH_HLEN, s->size);
	keys->thoff = clamped(keys->thoff, keys->nhoff, s->size);
	return keys;
}

/*
 * Where the packet is now, from its Ethernet header or its metadata on; of a syscall program its context, of the flow
 * dissector its keys.
 */
static inline uint8_t *output_of(const struct surroundings *s, uint32_t *bytes)
{
	const union context *context = &s->context;

	if (s->kind == CONTEXT_XDP) {
		*bytes = context->xdp.data_end - context->xdp.data_meta;
		return (uint8_t *)(uintptr_t)context->xdp.data_meta;
	}
	if (s->kind == CONTEXT_RAW) {
		*bytes = s->size;
		return s->data;
	}
	if (s->kind == CONTEXT_FLOW) {
		*bytes = sizeof(struct bpf_flow_keys);
		return (uint8_t *)finished_flow_keys(s);
	}
	*bytes = context->skb.len + skipped_bytes(s);
	return (uint8_t *)(uintptr_t)context->skb.data - skipped_bytes(s);
}

static inline int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many bytes were read, up to `room` or to what is no pair of digits. */
static inline size_t read_hex(const char *hex, uint8_t *to, size_t room)
{
	size_t count = 0;

	for (; count < room && digit_of(hex[0]) >= 0 && digit_of(hex[1]) >= 0; hex += 2)
		to[count++] = digit_of(hex[0]) << 4 | digit_of(hex[1]);
	return count;
}

#endif
