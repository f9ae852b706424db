// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Helpers that ask the network around the packet. Test runs take place in a network namespace without anything but its
 * loopback device, which is down (bpf/harness/kernel.c), so the answers are known.
 */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "packet.h"

#define LOOPBACK 1 /* its ifindex, in every namespace */
#define LOOPBACK_MTU 65536
#define LOOKUP_TBID 8 /* BPF_FIB_LOOKUP_TBID, of Linux 6.6 */
#define KNOWN_LOOKUP_FLAGS 0x1fu /* BPF_FIB_LOOKUP_DIRECT to BPF_FIB_LOOKUP_SRC */

static int is_xdp(void)
{
	return kfaas_program_type == BPF_PROG_TYPE_XDP;
}

HELPER(check_mtu)
{
	u32 *mtu = POINTER(r3), ifindex = r2;
	const struct xdp_md *xdp = POINTER(r1);
	const struct __sk_buff *skb = POINTER(r1);
	s32 length = is_xdp() ? xdp->data_end - xdp->data : skb->len;

	if (r5 & ~(is_xdp() ? 0 : (u64)BPF_MTU_CHK_SEGS) || (r5 && ((s32)r4 || *mtu)))
		return -EINVAL;
	if (ifindex > LOOPBACK)
		return -ENODEV;
	if (*mtu)
		length = *mtu + ETH_HEADER;
	*mtu = LOOPBACK_MTU;
	return length + (s32)r4 <= LOOPBACK_MTU + ETH_HEADER ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_FRAG_NEEDED;
}

/* Addresses that never leave their link, of which no route is looked up (rt6_need_strict()): multicast, fe80::/10 and ::1. */
static int is_of_link(const u32 *address)
{
	const u8 *bytes = (const u8 *)address;
	static const u8 loopback[16] = { [15] = 1 };

	return bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) || !memcmp(bytes, loopback, 16);
}

/* There is no route, and none is looked for where the device does not forward. */
HELPER(fib_lookup)
{
	struct bpf_fib_lookup *lookup = POINTER(r2);
	int is_ipv6 = lookup->family == AF_INET6;

	if ((u32)r3 < sizeof(*lookup))
		return -EINVAL;
	if ((u32)r4 & ~KNOWN_LOOKUP_FLAGS)
		kfaas_stop("bpf_fib_lookup with these flags");
	if (!is_ipv6 && lookup->family != AF_INET)
		return -EAFNOSUPPORT;
	if (is_ipv6 && (is_of_link(lookup->ipv6_dst) || is_of_link(lookup->ipv6_src)))
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	if (lookup->ifindex != LOOPBACK)
		return -ENODEV;
	if (!kfaas_forwards[is_ipv6])
		return BPF_FIB_LKUP_RET_FWD_DISABLED;
	if ((r4 & BPF_FIB_LOOKUP_DIRECT) && (r4 & LOOKUP_TBID))
		lookup->h_vlan_proto = lookup->h_vlan_TCI = 0; /* where the number of the table stood */
	return BPF_FIB_LKUP_RET_NOT_FWDED;
}

/* A clone meets a device that is down: sending it is congestion (NET_XMIT_CN), receiving it a drop (NET_RX_DROP). */
HELPER(clone_redirect)
{
	if (r3 & ~(u64)BPF_F_INGRESS || (u32)r2 != LOOPBACK)
		return -EINVAL;
	return r3 & BPF_F_INGRESS ? 1 : 2;
}

/* There is no socket to find. */
HELPER(sk_lookup_tcp)
{
	return 0;
}

HELPER(sk_lookup_udp)
{
	return 0;
}

HELPER(skc_lookup_tcp)
{
	return 0;
}

/* The packet has not come through IPsec. */
HELPER(skb_get_xfrm_state)
{
	memset(POINTER(r3), 0, (u32)r4);
	return -EINVAL;
}

/* Nor was its socket, which is the test run's own, opened by anybody but root, or for TCP. */
HELPER(get_socket_uid)
{
	return 0;
}

/* Cookies count sockets and namespaces up from 1. */
HELPER(get_socket_cookie)
{
	return 1;
}

HELPER(get_netns_cookie)
{
	return 1;
}

HELPER(sk_fullsock)
{
	return r1;
}

HELPER(tcp_sock)
{
	return 0;
}

struct tracking { /* struct bpf_ct_opts */
	s32 network, error;
	u8 protocol, direction;
	u16 zone;
	u8 zone_direction, reserved[3];
};

#define SHORT_TRACKING 12u /* before Linux 6.11 */
#define BOTH_DIRECTIONS 3 /* NF_CT_DEFAULT_ZONE_DIR */

static long no_connection(struct tracking *options, u32 bytes, u32 tuple_bytes)
{
	const struct bpf_sock_tuple *tuple = NULL;
	int is_short = bytes == SHORT_TRACKING;

	if (!is_short && bytes != sizeof(*options))
		return -EINVAL;
	if (is_short ? options->zone : options->reserved[0] | options->reserved[1] | options->reserved[2])
		return -EINVAL;
	if (options->protocol != IPPROTO_TCP && options->protocol != IPPROTO_UDP)
		return -EPROTO;
	if (options->network < -1)
		return -EINVAL;
	if (tuple_bytes != sizeof(tuple->ipv4) && tuple_bytes != sizeof(tuple->ipv6))
		return -EAFNOSUPPORT;
	if (options->network >= 0)
		return -ENONET;
	if (!is_short && !options->zone_direction)
		options->zone_direction = BOTH_DIRECTIONS;
	return -ENOENT;
}

/* Nobody has opened a connection there. */
static u64 find_connection(struct tracking *options, u32 bytes, u64 tuple, u32 tuple_bytes)
{
	long error = options && tuple ? no_connection(options, bytes, tuple_bytes) : -EINVAL;

	if (options && bytes >= offsetof(struct tracking, protocol))
		options->error = error;
	return 0;
}

KFUNC(bpf_xdp_ct_lookup)
{
	return find_connection(POINTER(r4), r5, r2, r3);
}

KFUNC(bpf_skb_ct_lookup)
{
	return find_connection(POINTER(r4), r5, r2, r3);
}
