// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Linked lists of objects: in the bytes of struct bpf_list_head and struct bpf_list_node, as the kernel links them. */
#include <errno.h>
#include "objects.h"

struct link {
	struct link *next, *previous;
};

struct node { /* in the 24 bytes of struct bpf_list_node */
	struct link link;
	struct link *head; /* of the list that it is in */
};

/* A head of zeros is an empty list, too. */
static struct link *started(void *at)
{
	struct link *head = at;

	if (!head->next)
		head->next = head->previous = head;
	return head;
}

/* A node that is in a list already is let go of. */
static long put_between(struct link *head, struct node *node, struct link *previous, struct link *next)
{
	if (node->head) {
		kfaas_let_go(node);
		return -EINVAL;
	}
	node->link = (struct link){ next, previous };
	node->head = head;
	previous->next = next->previous = &node->link;
	return 0;
}

static struct node *take_out(struct link *head, struct link *link)
{
	struct node *node = (struct node *)link;

	if (link == head)
		return NULL;
	link->previous->next = link->next;
	link->next->previous = link->previous;
	*node = (struct node){ 0 };
	return node;
}

KFUNC(bpf_list_push_front_impl)
{
	struct link *head = started(POINTER(r1));

	return put_between(head, POINTER(r2), head, head->next);
}

KFUNC(bpf_list_push_back_impl)
{
	struct link *head = started(POINTER(r1));

	return put_between(head, POINTER(r2), head->previous, head);
}

KFUNC(bpf_list_pop_front)
{
	struct link *head = started(POINTER(r1));

	return (uintptr_t)take_out(head, head->next);
}

KFUNC(bpf_list_pop_back)
{
	struct link *head = started(POINTER(r1));

	return (uintptr_t)take_out(head, head->previous);
}

KFUNC(bpf_list_front)
{
	struct link *head = started(POINTER(r1));

	return head->next == head ? 0 : (uintptr_t)head->next;
}

KFUNC(bpf_list_back)
{
	struct link *head = started(POINTER(r1));

	return head->previous == head ? 0 : (uintptr_t)head->previous;
}

void kfaas_empty_list(void *at)
{
	struct link *head = started(at);

	for (struct node *node; (node = take_out(head, head->next));)
		kfaas_let_go(node);
}
