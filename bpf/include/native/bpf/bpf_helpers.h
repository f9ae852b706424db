/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stands in front of libbpf's header of the same name when a program is compiled for user space. libbpf declares
 * helpers as calls to small integers (`(void *) 26`), which only the kernel's loader resolves; those that exist in
 * user space are declared here as functions of bpf/harness/helpers.c.
 */
#ifndef KFAAS_NATIVE_BPF_HELPERS_H
#define KFAAS_NATIVE_BPF_HELPERS_H

#define bpf_skb_load_bytes kfaas_kernel_bpf_skb_load_bytes
#include_next <bpf/bpf_helpers.h>
#undef bpf_skb_load_bytes

/* The prefix keeps clear of libbpf.so, which exports user-space functions under helpers' names. */
extern long bpf_skb_load_bytes(const void *skb, __u32 offset, void *to, __u32 len) __asm__("kfaas_helper_skb_load_bytes");

#endif
