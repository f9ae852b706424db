/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One C file, two targets: an eBPF program that includes this header compiles with `clang -target bpf` for the kernel
 * and with `clang -shared` for user space, unmodified. Programs keep their SEC() and the kernel's own context types.
 * In user space the context is a real `struct xdp_md` or `struct __sk_buff` whose 32-bit `data` and `data_end` point
 * to a packet below 4 GiB, so the usual casts are right on both sides.
 *
 * In user space only bpf_skb_load_bytes() exists of the helpers, and no maps: constants and plain globals only.
 */
#ifndef KFAAS_H
#define KFAAS_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define kfaas_data(ctx) ((void *)(long)(ctx)->data)
#define kfaas_data_end(ctx) ((void *)(long)(ctx)->data_end)

#endif
