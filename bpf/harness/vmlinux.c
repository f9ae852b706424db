// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Writes all types in a file of BTF as C, as `bpftool btf dump file FILE format c` does: types keep their places through CO-RE,
 * unless BPF_NO_PRESERVE_ACCESS_INDEX is defined. Behind them the kernel's functions for BPF (kfuncs), unless BPF_NO_KFUNC_PROTOTYPES is.
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

/* Functions are tagged since Linux 6.10. */
static int write_kfuncs(const struct btf *btf, struct btf_dump *dump, FILE *to)
{
	fputs("#ifndef BPF_NO_KFUNC_PROTOTYPES\n#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n"
	      "#ifndef __weak\n#define __weak __attribute__((weak))\n#endif\n\n", to);
	for (unsigned id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *tag = btf__type_by_id(btf, id), *function;

		if (!btf_is_decl_tag(tag) || btf_decl_tag(tag)->component_idx != -1 ||
		    strcmp(btf__name_by_offset(btf, tag->name_off), "bpf_kfunc"))
			continue;
		function = btf__type_by_id(btf, tag->type);
		if (!btf_is_func(function))
			continue;

		LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options,
			    .field_name = btf__name_by_offset(btf, function->name_off));
		int error;

		fputs("extern ", to);
		error = btf_dump__emit_type_decl(dump, function->type, &options);
		if (error)
			return error;
		fputs(" __weak __ksym;\n", to);
	}
	fputs("#endif\n\n", to);
	return 0;
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
	fputs("#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n", to);

	int error = write_kfuncs(btf, dump, to);

	if (error)
		return fail(argv[1], error);
	fputs("#endif\n", to);
	return fclose(to) ? fail(argv[2], errno) : 0;
}
