/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Packets behind contexts: struct xdp_md and struct __sk_buff both have 32-bit pointers to the same bytes. */
#ifndef KFAAS_PACKET_H
#define KFAAS_PACKET_H

#include "runtime.h"

#define ETH_HEADER 14

static inline u8 *kfaas_at(u32 pointer)
{
	return (u8 *)(uintptr_t)pointer;
}

/* The room around a packet. Whoever runs programs without telling about it has programs that do not move packets. */
static inline struct kfaas_packet *kfaas_room_of(const void *context)
{
	if (kfaas_packet.context != context)
		kfaas_stop("room to move a packet in");
	return &kfaas_packet;
}

#endif
