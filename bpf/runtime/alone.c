// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Locks, and what else keeps others out: one thread runs the program, on one CPU, and nothing interrupts it. */
#include "runtime.h"

HELPER(spin_lock)
{
	return 0;
}

HELPER(spin_unlock)
{
	return 0;
}

KFUNC(bpf_preempt_disable)
{
	return 0;
}

KFUNC(bpf_preempt_enable)
{
	return 0;
}

KFUNC(bpf_local_irq_save)
{
	return 0;
}

KFUNC(bpf_local_irq_restore)
{
	return 0;
}

KFUNC(bpf_rcu_read_lock)
{
	return 0;
}

KFUNC(bpf_rcu_read_unlock)
{
	return 0;
}

KFUNC(bpf_res_spin_lock)
{
	return 0;
}

KFUNC(bpf_res_spin_unlock)
{
	return 0;
}

KFUNC(bpf_res_spin_lock_irqsave)
{
	return 0;
}

KFUNC(bpf_res_spin_unlock_irqrestore)
{
	return 0;
}
