// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Dynamic pointers: memory, records of a ring buffer, and packets, whose size is known only when the program runs. */
#include <errno.h>
#include <string.h>
#include "packet.h"

enum { MEMORY, RECORD, SKB, XDP };

#define MAX_SIZE ((1u << 24) - 1) /* DYNPTR_MAX_SIZE */

struct dynptr { /* in the 16 bytes of struct bpf_dynptr */
	u64 data; /* memory, or the packet's context; 0: there is none */
	u32 size : 24, kind : 7, is_read_only : 1;
	u32 offset;
};

kfaas_function kfaas_bpf_skb_load_bytes, kfaas_bpf_skb_store_bytes, kfaas_bpf_xdp_load_bytes, kfaas_bpf_xdp_store_bytes,
	kfaas_bpf_ringbuf_reserve, kfaas_bpf_ringbuf_submit, kfaas_bpf_ringbuf_discard;

static long set_up(struct dynptr *dynptr, u32 kind, u64 data, u64 size, int is_read_only)
{
	*dynptr = (struct dynptr){ 0 };
	if (size > MAX_SIZE)
		return -E2BIG;
	*dynptr = (struct dynptr){ .data = data, .size = size, .kind = kind, .is_read_only = is_read_only };
	return 0;
}

static int is_inside(const struct dynptr *dynptr, u32 offset, u32 bytes)
{
	return bytes <= dynptr->size && offset <= dynptr->size - bytes;
}

HELPER(dynptr_from_mem)
{
	struct dynptr *dynptr = POINTER(r4);

	*dynptr = (struct dynptr){ 0 };
	if ((u32)r2 <= MAX_SIZE && r3)
		return -EINVAL;
	return set_up(dynptr, MEMORY, r1, (u32)r2, 0);
}

KFUNC(bpf_dynptr_from_skb)
{
	struct dynptr *dynptr = POINTER(r3);
	int may_write = kfaas_program_type == BPF_PROG_TYPE_SCHED_CLS || kfaas_program_type == BPF_PROG_TYPE_SCHED_ACT ||
			kfaas_program_type == BPF_PROG_TYPE_LWT_XMIT;

	*dynptr = (struct dynptr){ 0 };
	return r2 ? -EINVAL : set_up(dynptr, SKB, r1, ((struct __sk_buff *)POINTER(r1))->len, !may_write);
}

KFUNC(bpf_dynptr_from_xdp)
{
	struct dynptr *dynptr = POINTER(r3);
	struct xdp_md *xdp = POINTER(r1);

	*dynptr = (struct dynptr){ 0 };
	return r2 ? -EINVAL : set_up(dynptr, XDP, r1, xdp->data_end - xdp->data, 0);
}

HELPER(dynptr_read)
{
	const struct dynptr *from = POINTER(r3);
	u32 bytes = r2, offset = r4;

	if (!from->data || r5)
		return -EINVAL;
	if (!is_inside(from, offset, bytes))
		return -E2BIG;
	offset += from->offset;
	if (from->kind == SKB)
		return kfaas_bpf_skb_load_bytes(from->data, offset, r1, bytes, 0);
	if (from->kind == XDP)
		return kfaas_bpf_xdp_load_bytes(from->data, offset, r1, bytes, 0);
	memmove(POINTER(r1), POINTER(from->data + offset), bytes);
	return 0;
}

HELPER(dynptr_write)
{
	const struct dynptr *to = POINTER(r1);
	u32 offset = r2, bytes = r4;

	if (!to->data || to->is_read_only)
		return -EINVAL;
	if (!is_inside(to, offset, bytes))
		return -E2BIG;
	offset += to->offset;
	if (to->kind == SKB)
		return kfaas_bpf_skb_store_bytes(to->data, offset, r3, bytes, r5);
	if (r5)
		return -EINVAL;
	if (to->kind == XDP)
		return kfaas_bpf_xdp_store_bytes(to->data, offset, r3, bytes, 0);
	memmove(POINTER(to->data + offset), POINTER(r3), bytes);
	return 0;
}

HELPER(dynptr_data)
{
	const struct dynptr *dynptr = POINTER(r1);

	if (!dynptr->data || dynptr->is_read_only || dynptr->kind > RECORD || !is_inside(dynptr, r2, r3))
		return 0;
	return dynptr->data + dynptr->offset + (u32)r2;
}

/* Packets are in one piece, so the buffer that a slice may be copied to is never needed. */
KFUNC(bpf_dynptr_slice)
{
	const struct dynptr *dynptr = POINTER(r1);
	u32 offset = dynptr->offset + (u32)r2;

	if (!dynptr->data || !is_inside(dynptr, r2, r4))
		return 0;
	if (dynptr->kind == SKB) /* its packet may have become shorter since */
		return offset + (u64)(u32)r4 > ((struct __sk_buff *)POINTER(dynptr->data))->len ?
			       0 :
			       ((struct __sk_buff *)POINTER(dynptr->data))->data + offset;
	if (dynptr->kind == XDP)
		return ((struct xdp_md *)POINTER(dynptr->data))->data + offset;
	return dynptr->data + offset;
}

KFUNC(bpf_dynptr_slice_rdwr)
{
	return ((struct dynptr *)POINTER(r1))->is_read_only ? 0 : kfaas_kfunc_bpf_dynptr_slice(r1, r2, r3, r4, r5);
}

KFUNC(bpf_dynptr_adjust)
{
	struct dynptr *dynptr = POINTER(r1);
	u32 start = r2, end = r3;

	if (!dynptr->data || start > end)
		return -EINVAL;
	if (end > dynptr->size)
		return -ERANGE;
	dynptr->offset += start;
	dynptr->size = end - start;
	return 0;
}

KFUNC(bpf_dynptr_is_null)
{
	return !((struct dynptr *)POINTER(r1))->data;
}

KFUNC(bpf_dynptr_is_rdonly)
{
	struct dynptr *dynptr = POINTER(r1);

	return dynptr->data && dynptr->is_read_only;
}

KFUNC(bpf_dynptr_size)
{
	struct dynptr *dynptr = POINTER(r1);

	return dynptr->data ? dynptr->size : (u32)-EINVAL;
}

KFUNC(bpf_dynptr_clone)
{
	struct dynptr *dynptr = POINTER(r1), *clone = POINTER(r2);

	*clone = *dynptr;
	return dynptr->data ? 0 : -EINVAL;
}

HELPER(ringbuf_reserve_dynptr)
{
	struct dynptr *dynptr = POINTER(r4);
	u64 record;

	*dynptr = (struct dynptr){ 0 };
	if (r3)
		return -EINVAL;
	if ((u32)r2 > MAX_SIZE)
		return -E2BIG;
	record = kfaas_bpf_ringbuf_reserve(r1, (u32)r2, 0, 0, 0);
	return record ? set_up(dynptr, RECORD, record, (u32)r2, 0) : -EINVAL;
}

static void finish(struct dynptr *dynptr, kfaas_function *how, u64 flags)
{
	if (dynptr->data)
		how(dynptr->data, flags, 0, 0, 0);
	*dynptr = (struct dynptr){ 0 };
}

HELPER(ringbuf_submit_dynptr)
{
	finish(POINTER(r1), kfaas_bpf_ringbuf_submit, r2);
	return 0;
}

HELPER(ringbuf_discard_dynptr)
{
	finish(POINTER(r1), kfaas_bpf_ringbuf_discard, r2);
	return 0;
}

/* One of them may be a packet that is not to be written to; what overlaps is moved. */
KFUNC(bpf_dynptr_copy)
{
	void *to = POINTER(kfaas_kfunc_bpf_dynptr_slice_rdwr(r1, r2, 0, r5, 0));
	void *from = POINTER(kfaas_kfunc_bpf_dynptr_slice(r3, r4, 0, r5, 0));

	if (from && to)
		memmove(to, from, (u32)r5);
	else if (from)
		return kfaas_bpf_dynptr_write(r1, (u32)r2, (uintptr_t)from, (u32)r5, 0);
	else if (to)
		return kfaas_bpf_dynptr_read((uintptr_t)to, (u32)r5, r3, (u32)r4, 0);
	else
		return -E2BIG;
	return 0;
}

KFUNC(bpf_dynptr_memset)
{
	const struct dynptr *dynptr = POINTER(r1);
	void *to = POINTER(kfaas_kfunc_bpf_dynptr_slice_rdwr(r1, r2, 0, r3, 0));

	if (to)
		memset(to, (u8)r4, (u32)r3);
	else
		return !dynptr->data || dynptr->is_read_only ? -EINVAL : -E2BIG;
	return 0;
}
