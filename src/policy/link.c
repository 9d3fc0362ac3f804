/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/internal.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lbench/mem.h"

struct lb_link *lb_link_new(size_t keys_count)
{
	struct lb_link *l = lb_calloc(1, sizeof(*l) + keys_count * sizeof(l->keys[0]));
	atomic_init(&l->refs, 1);
	l->cause = LB_NO_CAUSE;
	l->keys_count = keys_count;
	return l;
}

struct lb_link *lb_link_unknown(void)
{
	struct lb_link *l = lb_link_new(0);
	l->unknown = true;
	return l;
}

struct lb_link *lb_link_ref(struct lb_link *l)
{
	if (l)
		atomic_fetch_add(&l->refs, 1);
	return l;
}

void lb_link_unref(struct lb_link *l)
{
	while (l && atomic_fetch_sub(&l->refs, 1) == 1) {
		struct lb_link *below = l->below;
		free(l);
		l = below;
	}
}

void lb_pending_free(struct lb_pending *p)
{
	if (p)
		p->free(p);
}
