// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The floor of the user-space side: a program that does nothing. */
int kfaas_empty(void *ctx);

int kfaas_empty(void *ctx)
{
	(void)ctx;
	return 0;
}
