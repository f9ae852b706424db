// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Drops IPv4 packets whose 5-tuple a rule matches; parses one VLAN tag and IPv4 options, passes everything else. */
#include <kfaas.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

struct vlan_header {
	__be16 tci;
	__be16 proto;
};

/* Of TCP and UDP alike. */
struct ports {
	__be16 source;
	__be16 dest;
};

/* Addresses and ports in host order; a zero port matches any. */
struct rule {
	__u32 saddr, saddr_mask;
	__u32 daddr, daddr_mask;
	__u16 sport, dport;
	__u8 protocol;
};

#define IPV4(a, b, c, d) ((a) << 24 | (b) << 16 | (c) << 8 | (d))
#define RULES 4

const volatile struct rule rules[RULES] = {
	{ IPV4(198, 51, 100, 0), 0xffffff00, 0, 0, 0, 53, IPPROTO_UDP },
	{ IPV4(203, 0, 113, 7), 0xffffffff, IPV4(192, 0, 2, 10), 0xffffffff, 0, 22, IPPROTO_TCP },
	{ 0, 0, IPV4(192, 0, 2, 0), 0xffffff00, 0, 23, IPPROTO_TCP },
	{ IPV4(10, 0, 0, 0), 0xff000000, IPV4(192, 0, 2, 99), 0xffffffff, 0, 4789, IPPROTO_UDP },
};

static __always_inline int matches(const volatile struct rule *rule, __u32 saddr, __u32 daddr, __u16 sport,
				   __u16 dport, __u8 protocol)
{
	return rule->protocol == protocol && (saddr & rule->saddr_mask) == rule->saddr &&
	       (daddr & rule->daddr_mask) == rule->daddr && (!rule->sport || rule->sport == sport) &&
	       (!rule->dport || rule->dport == dport);
}

SEC("xdp")
int tuple_filter(struct xdp_md *ctx)
{
	void *end = kfaas_data_end(ctx);
	struct ethhdr *eth = kfaas_data(ctx);
	void *next = eth + 1;

	if (next > end)
		return XDP_PASS;

	__be16 proto = eth->h_proto;

	if (proto == bpf_htons(ETH_P_8021Q)) {
		struct vlan_header *vlan = next;

		next = vlan + 1;
		if (next > end)
			return XDP_PASS;
		proto = vlan->proto;
	}
	if (proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	struct iphdr *ip = next;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
		return XDP_PASS;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	if (ip->frag_off & bpf_htons(0x1fff)) /* ports are in the first fragment only */
		return XDP_PASS;

	struct ports *ports = next + ip->ihl * 4;

	if ((void *)(ports + 1) > end)
		return XDP_PASS;

	__u32 saddr = bpf_ntohl(ip->saddr), daddr = bpf_ntohl(ip->daddr);
	__u16 sport = bpf_ntohs(ports->source), dport = bpf_ntohs(ports->dest);

	for (int i = 0; i < RULES; i++)
		if (matches(&rules[i], saddr, daddr, sport, dport, ip->protocol))
			return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
