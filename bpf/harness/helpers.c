// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The kernel's helpers for user space; bpf/include/native/bpf/bpf_helpers.h declares them to programs. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <linux/bpf.h>

long kfaas_helper_skb_load_bytes(const struct __sk_buff *skb, uint32_t offset, void *to, uint32_t len);

/* Helper 26; reads what the kernel's would: the packet from its L2 header (tc) or from its L3 header (socket filter). */
long kfaas_helper_skb_load_bytes(const struct __sk_buff *skb, uint32_t offset, void *to, uint32_t len)
{
	if (offset > skb->len || len > skb->len - offset) {
		memset(to, 0, len);
		return -EFAULT;
	}
	memcpy(to, (const uint8_t *)(uintptr_t)skb->data + offset, len);
	return 0;
}
