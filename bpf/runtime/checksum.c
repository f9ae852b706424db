// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Internet checksums, RFC 1624, as include/net/checksum.h and x86's csum_partial() compute them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "packet.h"

#define FIELD_MASK 0xf /* BPF_F_HDR_FIELD_MASK */
#define KNOWN_TO_IPV6 (1ull << 7) /* BPF_F_IPV6, Linux 6.16 */

static u32 add(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < b);
}

static u16 add16(u16 a, u16 b)
{
	u16 sum = a + b;

	return sum + (sum < b);
}

static u16 folded(u32 sum)
{
	sum += sum >> 16 | sum << 16;
	return sum >> 16;
}

static u32 partial(const u8 *bytes, u32 count, u32 seed)
{
	u64 sum = seed, word;

	for (; count; bytes += 8) {
		u32 step = count < 8 ? count : 8;

		word = 0;
		memcpy(&word, bytes, step);
		sum += word;
		sum += sum < word;
		count -= step;
	}
	return add(sum >> 32, sum);
}

/* From 6.13 on bpf_csum_diff() gives 16 bits, and takes sizes that are no multiple of 4. */
static int kernel_folds(void)
{
	static int answer = -1;
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (answer < 0) {
		uname(&name);
		sscanf(name.release, "%u.%u", &major, &minor);
		answer = major > 6 || (major == 6 && minor >= 13);
	}
	return answer;
}

HELPER(csum_diff)
{
	u32 from_bytes = r2, to_bytes = r4, sum = r5;

	if ((from_bytes | to_bytes) & 3 && !kernel_folds())
		return -EINVAL;
	if (from_bytes && to_bytes)
		sum = add(partial(POINTER(r3), to_bytes, sum), ~partial(POINTER(r1), from_bytes, 0));
	else if (to_bytes)
		sum = partial(POINTER(r3), to_bytes, sum);
	else if (from_bytes)
		sum = ~partial(POINTER(r1), from_bytes, ~sum);
	return kernel_folds() ? folded(sum) : sum;
}

/* The checksum at an offset; NULL where none can be. */
static u8 *checksum_at(const struct __sk_buff *skb, u32 offset)
{
	return offset > 0xffff || offset & 1 || offset + 2 > skb->len ? NULL : kfaas_at(skb->data) + offset;
}

static u16 with_difference(u16 checksum, u32 difference)
{
	return ~folded(add(difference, ~(u32)checksum));
}

static u16 replaced(u16 checksum, u32 from, u32 to)
{
	return ~folded(add(add(~(u32)checksum, ~from), to));
}

HELPER(l3_csum_replace)
{
	u8 *place = checksum_at(POINTER(r1), r2);
	u16 checksum;

	if (r5 & ~(u64)FIELD_MASK)
		return -EINVAL;
	if (!place)
		return -EFAULT;
	memcpy(&checksum, place, sizeof(checksum));
	if (r5 == 0 && r3 == 0)
		checksum = with_difference(checksum, r4);
	else if (r5 == 2)
		checksum = ~add16(add16(~checksum, ~(u16)r3), r4);
	else if (r5 == 4)
		checksum = replaced(checksum, r3, r4);
	else
		return -EINVAL;
	memcpy(place, &checksum, sizeof(checksum));
	return 0;
}

HELPER(l4_csum_replace)
{
	u8 *place = checksum_at(POINTER(r1), r2);
	u64 flags = BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | KNOWN_TO_IPV6 | FIELD_MASK;
	u16 checksum;

	if (r5 & ~flags)
		return -EINVAL;
	if (!place)
		return -EFAULT;
	memcpy(&checksum, place, sizeof(checksum));
	if (r5 & BPF_F_MARK_MANGLED_0 && !(r5 & BPF_F_MARK_ENFORCE) && !checksum)
		return 0;
	if ((r5 & FIELD_MASK) == 0 && r3 == 0)
		checksum = with_difference(checksum, r4);
	else if ((r5 & FIELD_MASK) == 2)
		checksum = replaced(checksum, (u16)r3, (u16)r4);
	else if ((r5 & FIELD_MASK) == 4)
		checksum = replaced(checksum, r3, r4);
	else
		return -EINVAL;
	if (r5 & BPF_F_MARK_MANGLED_0 && !checksum)
		checksum = 0xffff; /* CSUM_MANGLED_0 */
	memcpy(place, &checksum, sizeof(checksum));
	return 0;
}

/* The packet of a test run has no checksum of the hardware's (CHECKSUM_NONE). */
HELPER(csum_update)
{
	return -524; /* ENOTSUPP */
}
