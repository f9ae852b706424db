// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Red-black trees of objects, in the bytes of struct bpf_rb_root and struct bpf_rb_node. Programs may see who is whose
 * child, and every comparison is a call of theirs: so a tree takes the shape that it takes in the kernel, whose way of keeping
 * it balanced is the textbooks' (Cormen et al., Introduction to Algorithms, chapter 13).
 */
#include <errno.h>
#include <string.h>
#include "objects.h"

struct node { /* in the 32 bytes of struct bpf_rb_node */
	uintptr_t parent_and_black; /* the lowest bit is set where it is black */
	struct node *child[2];
	struct root *root; /* that it hangs from */
};

struct root { /* in the 16 bytes of struct bpf_rb_root */
	struct node *top;
	u64 unused;
};

enum { LEFT, RIGHT };

static struct node *parent_of(const struct node *node)
{
	return (struct node *)(node->parent_and_black & ~(uintptr_t)1);
}

static int is_black(const struct node *node)
{
	return !node || node->parent_and_black & 1;
}

static void set_parent(struct node *node, struct node *parent)
{
	node->parent_and_black = (uintptr_t)parent | (node->parent_and_black & 1);
}

static void set_black(struct node *node, int black)
{
	node->parent_and_black = (node->parent_and_black & ~(uintptr_t)1) | black;
}

static int side_of(const struct node *parent, const struct node *node)
{
	return parent->child[RIGHT] == node ? RIGHT : LEFT;
}

static void replace(struct root *root, struct node *parent, struct node *node, struct node *by)
{
	*(parent ? &parent->child[side_of(parent, node)] : &root->top) = by;
	if (by)
		set_parent(by, parent);
}

/* The child of the other side takes the node's place, and the node becomes its child on this side. */
static void rotate(struct root *root, struct node *node, int side)
{
	struct node *up = node->child[!side], *inner = up->child[side];

	replace(root, parent_of(node), node, up);
	node->child[!side] = inner;
	if (inner)
		set_parent(inner, node);
	up->child[side] = node;
	set_parent(node, up);
}

static void balance_after_adding(struct root *root, struct node *node)
{
	struct node *parent;

	while ((parent = parent_of(node)) && !is_black(parent)) {
		struct node *above = parent_of(parent);
		int side = side_of(above, parent);
		struct node *uncle = above->child[!side];

		if (!is_black(uncle)) {
			set_black(parent, 1);
			set_black(uncle, 1);
			set_black(above, 0);
			node = above;
			continue;
		}
		if (side_of(parent, node) != side) {
			rotate(root, parent, side);
			parent = node;
		}
		set_black(parent, 1);
		set_black(above, 0);
		rotate(root, above, !side);
		break;
	}
	set_black(root->top, 1);
}

/* `node` may be absent: it stands where a black one is missing, below `parent`. */
static void balance_after_removing(struct root *root, struct node *node, struct node *parent)
{
	while (parent && is_black(node)) {
		int side = node ? side_of(parent, node) : parent->child[LEFT] ? RIGHT : LEFT;
		struct node *sibling = parent->child[!side];

		if (!is_black(sibling)) {
			set_black(sibling, 1);
			set_black(parent, 0);
			rotate(root, parent, side);
			sibling = parent->child[!side];
		}
		if (is_black(sibling->child[LEFT]) && is_black(sibling->child[RIGHT])) {
			set_black(sibling, 0);
			node = parent;
			parent = parent_of(node);
			continue;
		}
		if (is_black(sibling->child[!side])) {
			set_black(sibling->child[side], 1);
			set_black(sibling, 0);
			rotate(root, sibling, !side);
			sibling = parent->child[!side];
		}
		set_black(sibling, is_black(parent));
		set_black(parent, 1);
		set_black(sibling->child[!side], 1);
		rotate(root, parent, side);
		return;
	}
	if (node)
		set_black(node, 1);
}

static struct node *leftmost(struct node *node)
{
	while (node && node->child[LEFT])
		node = node->child[LEFT];
	return node;
}

static void take_out(struct root *root, struct node *node)
{
	struct node *moved = node->child[LEFT] && node->child[RIGHT] ? leftmost(node->child[RIGHT]) : node;
	struct node *child = moved->child[LEFT] ? moved->child[LEFT] : moved->child[RIGHT];
	struct node *parent = parent_of(moved);
	int was_black = is_black(moved);

	replace(root, parent, moved, child);
	if (moved != node) { /* the next one takes its place, its children and its colour */
		if (parent == node)
			parent = moved;
		memcpy(moved->child, node->child, sizeof(node->child));
		for (int side = LEFT; side <= RIGHT; side++)
			if (moved->child[side])
				set_parent(moved->child[side], moved);
		replace(root, parent_of(node), node, moved);
		set_black(moved, is_black(node));
	}
	if (was_black)
		balance_after_removing(root, child, parent);
	*node = (struct node){ 0 };
}

/* A node that is in a tree already is let go of. */
KFUNC(bpf_rbtree_add_impl)
{
	struct root *root = POINTER(r1);
	struct node *node = POINTER(r2), *parent = NULL, **link = &root->top;
	kfaas_function *is_less = POINTER(r3);

	if (node->root) {
		kfaas_let_go(node);
		return -EINVAL;
	}
	while (*link) {
		parent = *link;
		link = &parent->child[is_less(r2, (uintptr_t)parent, 0, 0, 0) ? LEFT : RIGHT];
	}
	*node = (struct node){ .parent_and_black = (uintptr_t)parent, .root = root };
	*link = node;
	balance_after_adding(root, node);
	return 0;
}

KFUNC(bpf_rbtree_remove)
{
	struct root *root = POINTER(r1);
	struct node *node = POINTER(r2);

	if (node->root != root)
		return 0;
	take_out(root, node);
	return (uintptr_t)node;
}

KFUNC(bpf_rbtree_first)
{
	return (uintptr_t)leftmost(((struct root *)POINTER(r1))->top);
}

KFUNC(bpf_rbtree_root)
{
	return (uintptr_t)((struct root *)POINTER(r1))->top;
}

static u64 child_of(const struct root *root, const struct node *node, int side)
{
	return node->root == root ? (uintptr_t)node->child[side] : 0;
}

KFUNC(bpf_rbtree_left)
{
	return child_of(POINTER(r1), POINTER(r2), LEFT);
}

KFUNC(bpf_rbtree_right)
{
	return child_of(POINTER(r1), POINTER(r2), RIGHT);
}

void kfaas_empty_tree(void *at)
{
	struct root *root = at;

	for (struct node *node; (node = leftmost(root->top));) {
		take_out(root, node);
		kfaas_let_go(node);
	}
}
