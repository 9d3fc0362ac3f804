/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/runner.h"

#include <stdlib.h>

void cell_release(struct cell *c, size_t variants)
{
	lb_cache_free(c->cache);
	lb_remote_close(c->remote);
	lb_ledger_free(c->ledger);
	for (size_t v = 0; c->hosts && v < variants; v++)
		lb_ledger_free(c->hosts[v]);
	free(c->hosts);
	lb_scope_free(c->scope);
	*c = (struct cell){ 0 };
}

int cell_new(const struct measure_options *o, const struct scn_build *b, struct lb_store *records, struct cell *c, struct lb_err *err)
{
	int rc = lb_scope_new(records, &c->scope, err);
	if (!rc)
		rc = lb_cache_new(o->policies[b->policy], o->builders[b->builder], c->scope, &c->cache, err);
	if (rc || o->mode == LB_RUN_DRY)
		return rc;
	c->ledger = lb_ledger_new();
	c->hosts = lb_calloc(o->scenario->variants_count, sizeof(*c->hosts));
	return o->remote ? lb_remote_open(o->remote, &c->remote, err) : 0;
}

void cell_take(struct cell *from, struct cell *c)
{
	size_t children = from->children;
	*c = *from;
	*from = (struct cell){ .children = children };
}

void cell_fork(const struct measure_options *o, const struct cell *from, struct cell *c)
{
	c->scope = lb_scope_fork(from->scope);
	c->cache = lb_cache_fork(from->cache, c->scope);
	if (o->mode == LB_RUN_DRY)
		return;
	c->ledger = lb_ledger_fork(from->ledger);
	c->remote = from->remote ? lb_remote_fork(from->remote) : NULL;
	c->hosts = lb_calloc(o->scenario->variants_count, sizeof(*c->hosts));
	for (size_t v = 0; v < o->scenario->variants_count; v++)
		c->hosts[v] = from->hosts[v] ? lb_ledger_fork(from->hosts[v]) : NULL;
}
