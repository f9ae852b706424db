// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Writes all types in a file of BTF as C, as `bpftool btf dump file FILE format c` does: types keep their places through CO-RE,
 * unless BPF_NO_PRESERVE_ACCESS_INDEX is defined.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

static void print(void *file, const char *format, va_list args)
{
	vfprintf(file, format, args);
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	return 1;
}

int main(int argc, char **argv)
{
	struct btf_dump *dump;
	struct btf *btf;
	FILE *to;

	if (argc != 3)
		return fail("usage: vmlinux BTF HEADER", 0);
	btf = btf__parse(argv[1], NULL);
	if (!btf)
		return fail(argv[1], errno);
	to = fopen(argv[2], "w");
	if (!to)
		return fail(argv[2], errno);
	dump = btf_dump__new(btf, print, to, NULL);
	if (!dump)
		return fail(argv[1], errno);

	fputs("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	      "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\n\n", to);
	for (unsigned id = 1; id < btf__type_cnt(btf); id++) {
		int error = btf_dump__dump_type(dump, id);

		if (error)
			return fail(argv[1], error);
	}
	fputs("#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n#endif\n", to);
	return fclose(to) ? fail(argv[2], errno) : 0;
}
