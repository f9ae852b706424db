// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a packet's tunnel metadata (struct ip_tunnel_info) is set to and read as; as in net/core/filter.c. */
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include "packet.h"

#define FLAGS_IN_EXT (1ull << 4) /* BPF_F_TUNINFO_FLAGS */
#define NO_TUNNEL_KEY (1ull << 4) /* BPF_F_NO_TUNNEL_KEY, where it is set */
#define MAX_OPTIONS 255 /* IP_TUNNEL_OPTS_MAX */
#define FLOW_LABEL 0x000fffffu

/* Bits of what tunnel_flags shows (include/uapi/linux/if_tunnel.h), before they are put in network order. */
enum {
	CHECKSUM = 1 << 0,
	KEY = 1 << 2,
	SEQUENCE = 1 << 3,
	DO_NOT_FRAGMENT = 1 << 8,
	OPTIONS = 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15, /* of Geneve, VXLAN, ERSPAN, GTP */
	NO_CACHE = 1 << 13,
};

/* A test run's packet has none until the program sets it. */
static struct {
	u64 run;
	struct bpf_tunnel_key key;
	u64 is_ipv6; /* 0 or BPF_F_TUNINFO_IPV6 */
	u16 flags;
	u32 option_bytes;
	u8 options[MAX_OPTIONS];
} tunnel;

static int is_set(void)
{
	return tunnel.run == kfaas_runs;
}

/* Structures of older kernels, which end earlier. */
static int is_known_size(u32 size)
{
	return size == sizeof(struct bpf_tunnel_key) || size == offsetof(struct bpf_tunnel_key, local_ipv4) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_label) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_ext) ||
	       size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]);
}

HELPER(skb_set_tunnel_key)
{
	struct bpf_tunnel_key key = { 0 };
	u32 size = r3;

	if (r4 & ~(BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER | NO_TUNNEL_KEY))
		return -EINVAL;
	if (!is_known_size(size))
		return -EINVAL;
	memcpy(&key, POINTER(r2), size);
	if ((!(r4 & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return -EINVAL;
	key.tunnel_label &= FLOW_LABEL;
	tunnel.run = kfaas_runs;
	tunnel.key = key;
	tunnel.is_ipv6 = r4 & BPF_F_TUNINFO_IPV6;
	tunnel.flags = NO_CACHE | (r4 & BPF_F_DONT_FRAGMENT ? DO_NOT_FRAGMENT : 0) |
		       (r4 & BPF_F_ZERO_CSUM_TX ? 0 : CHECKSUM) | (r4 & BPF_F_SEQ_NUMBER ? SEQUENCE : 0) |
		       (r4 & NO_TUNNEL_KEY ? 0 : KEY);
	tunnel.option_bytes = 0;
	return 0;
}

/* What is set as remote is the way out's destination; read as remote is the way in's source. */
HELPER(skb_get_tunnel_key)
{
	struct bpf_tunnel_key key = { 0 };
	u32 size = r3;
	long refused = 0;

	if (!is_set() || r4 & ~(BPF_F_TUNINFO_IPV6 | FLAGS_IN_EXT))
		refused = -EINVAL;
	else if (tunnel.is_ipv6 != (r4 & BPF_F_TUNINFO_IPV6))
		refused = -EPROTO;
	else if (!is_known_size(size) || (size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]) && tunnel.is_ipv6))
		refused = -EINVAL;
	if (refused) {
		memset(POINTER(r2), 0, size);
		return refused;
	}
	key.tunnel_id = tunnel.key.tunnel_id;
	key.tunnel_tos = tunnel.key.tunnel_tos;
	key.tunnel_ttl = tunnel.key.tunnel_ttl;
	key.tunnel_ext = r4 & FLAGS_IN_EXT ? htons(tunnel.flags) : 0;
	if (tunnel.is_ipv6) {
		memcpy(key.remote_ipv6, tunnel.key.local_ipv6, sizeof(key.remote_ipv6));
		memcpy(key.local_ipv6, tunnel.key.remote_ipv6, sizeof(key.local_ipv6));
		key.tunnel_label = tunnel.key.tunnel_label;
	} else {
		key.remote_ipv4 = tunnel.key.local_ipv4;
		key.local_ipv4 = tunnel.key.remote_ipv4;
	}
	memcpy(POINTER(r2), &key, size);
	return 0;
}

HELPER(skb_set_tunnel_opt)
{
	u32 size = r3;

	if (!is_set() || size & 3)
		return -EINVAL;
	if (size > MAX_OPTIONS)
		return -ENOMEM;
	memcpy(tunnel.options, POINTER(r2), size);
	tunnel.option_bytes = size;
	tunnel.flags |= OPTIONS;
	return 0;
}

HELPER(skb_get_tunnel_opt)
{
	u32 size = r3, there = is_set() ? tunnel.option_bytes : 0;

	memset(POINTER(r2), 0, size);
	if (!there)
		return -ENOENT;
	if (size < there)
		return -ENOMEM;
	memcpy(POINTER(r2), tunnel.options, there);
	return there;
}
