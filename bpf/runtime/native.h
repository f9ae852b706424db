/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Goes in front of a source that becomes a native twin: what only -target bpf has, as far as it means something here. */
#ifndef KFAAS_NATIVE_H
#define KFAAS_NATIVE_H

/* Structures of a vmlinux.h are as they were generated: the kernel's memory is not here to be relocated against. */
#define BPF_NO_PRESERVE_ACCESS_INDEX
#define __builtin_preserve_access_index(...) (__VA_ARGS__)

#endif
