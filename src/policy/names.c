/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/internal.h"

#include "lbench/json.h"
#include "lbench/mem.h"

#include <stdlib.h>

const char *lb_outcome_name(enum lb_outcome o)
{
	static const char *const names[] = { "hit", "miss", "meta", "skipped", "unknown", "error", "unreached" };
	return names[o];
}

const char *lb_reason_name(enum lb_reason r)
{
	static const char *const names[] = {
		"",         "first-build", "instruction-changed", "files-changed", "metadata-changed", "arg-changed", "base-changed",
		"no-cache", "evicted",     "parent-missed"
	};
	return names[r];
}

static const char *const builders[] = { "warm", "fresh", "fresh-min", "cold" };

const char *lb_builder_name(enum lb_builder_kind k)
{
	return builders[k];
}

int lb_builder_parse(const char *name, enum lb_builder_kind *out, struct lb_err *err)
{
	for (size_t i = 0; i < LB_COUNT(builders); i++) {
		if (strcmp(name, builders[i]) != 0)
			continue;
		*out = (enum lb_builder_kind)i;
		return 0;
	}
	return lb_fail(err, LB_NOT_FOUND, "no builder is called '%s' (warm, fresh, fresh-min, cold)", name);
}

void lb_evidence_release(struct lb_evidence *e)
{
	free(e->path);
	free(e->attribute);
	free(e->argument);
	free(e->was);
	free(e->now);
	*e = (struct lb_evidence){ .inherited_stage = -1, .inherited_index = -1 };
}

static void member(struct lb_json *w, const char *key, const char *value)
{
	if (value)
		lb_json_kstr(w, key, value);
}

void lb_evidence_json(const struct lb_evidence *e, struct lb_buf *out)
{
	bool inherited = e->inherited_stage >= 0;
	if (!e->path && !e->attribute && !e->argument && !e->was && !e->now && !e->changed && !inherited)
		return;
	struct lb_json w = { .out = out };
	lb_json_open(&w, '{');
	member(&w, "path", e->path);
	member(&w, "attribute", e->attribute);
	member(&w, "argument", e->argument);
	member(&w, "was", e->was);
	member(&w, "now", e->now);
	if (e->changed)
		lb_json_kuint(&w, "changed", e->changed);
	if (inherited) {
		lb_autofree char *from = lb_format("%d:%u", e->inherited_stage, e->inherited_line);
		lb_json_kstr(&w, "inherited_from", from);
	}
	lb_json_close(&w, '}');
}

void lb_decision_release(struct lb_decision *d)
{
	lb_evidence_release(&d->evidence);
	lb_evidence_release(&d->overlooked);
	lb_link_unref(d->link);
	d->link = NULL;
	lb_pending_free(d->pending);
	d->pending = NULL;
}
