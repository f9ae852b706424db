// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The smallest function there is: what remains is the price of getting to it. */
#include <kfaas.h>

struct add_args {
	__u32 a;
	__u32 b;
};

SEC("syscall")
int add(struct add_args *args)
{
	return args->a + args->b;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
