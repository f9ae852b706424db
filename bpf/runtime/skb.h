/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Packets behind a struct __sk_buff. */
#ifndef KFAAS_SKB_H
#define KFAAS_SKB_H

#include "packet.h"

#define MAX_PACKET 65550 /* the loopback device's MTU and Ethernet header, on which test runs pretend to be */
#define NOT_SUPPORTED (-524) /* ENOTSUPP, which is the kernel's alone */

typedef struct __sk_buff skb_t;

/* A program without direct access has no data pointers of its own; its packet is where the context's are all the same. */
static inline u8 *data_of(const skb_t *skb)
{
	return kfaas_at(skb->data);
}

static inline void set_length(skb_t *skb, u32 bytes)
{
	skb->len = bytes;
	skb->data_end = skb->data + bytes;
	skb->data_meta = skb->data;
}

/* Where so many bytes are; NULL where they are not. */
static inline u8 *bytes_at(const skb_t *skb, u32 offset, u32 bytes)
{
	return offset <= skb->len && bytes <= skb->len - offset ? data_of(skb) + offset : NULL;
}

/* Gives room behind the first `keep` bytes, or with a negative number takes it away; the headers in front move. */
void kfaas_make_room(skb_t *skb, u32 keep, s32 bytes);

#endif
