/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The C library's headers ask a compiler for BPF, which is none of their machines, for this file; it is rarely installed. */
