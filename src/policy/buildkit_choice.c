/* SPDX-License-Identifier: Apache-2.0
 *
 * Choices: one key for each dependency of an operation, and the ids of results that they lead to.
 */
#include "policy/buildkit.h"

#include <string.h>

#include "lbench/mem.h"

/* The k-th key of a dependency: its content first, then its definitions. NULL: no more. */
static const struct lb_digest *dep_key(const struct lb_bk_dep *d, size_t k, bool *definition)
{
	*definition = !(d->has_content && k == 0);
	if (!*definition)
		return &d->content;
	k -= d->has_content;
	return d->link && k < d->link->keys_count ? &d->link->keys[k] : NULL;
}

struct choice {
	size_t at[LB_BK_DEPS_MAX];
	bool done;
};

/* What the operation stands on, if it stands on something. */
static const struct lb_link *root_of(const struct lb_bk_op *op)
{
	return op->deps_count && !op->deps[0].has_content && !op->deps[0].unknown ? op->deps[0].link : NULL;
}

/* What a result is marked with as tried: the operation and, of a RUN, the files of the context that it sees, which are
 * known whatever else is not. */
static struct lb_digest tried_as(const struct lb_bk_op *op)
{
	struct lb_sha256 h;
	if (!op->binds)
		return op->digest;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &op->digest);
	for (size_t i = 0; i < op->deps_count; i++)
		if (op->deps[i].has_content && !op->deps[i].link)
			lb_sha256_addd(&h, &op->deps[i].content);
	return lb_sha256_done(&h);
}

/* The digest of a choice, and the definition keys in it (deps has room for all). False: a dependency has no key. */
static bool choice_link(const struct lb_bk_op *op, const struct choice *x, struct lb_digest *deps, struct lb_bk_link *out)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &op->digest);
	*out = (struct lb_bk_link){ .op = tried_as(op), .deps = deps };
	for (size_t i = 0; i < op->deps_count; i++) {
		bool definition;
		const struct lb_digest *key = dep_key(&op->deps[i], x->at[i], &definition);
		if (!key)
			return false;
		lb_sha256_addd(&h, key);
		if (!definition)
			continue;
		lb_sha256_addd(&h, &op->deps[i].selector);
		out->rooted |= i == 0 && root_of(op);
		deps[out->deps_count++] = *key;
	}
	out->choice = lb_sha256_done(&h);
	return true;
}

static void choice_next(const struct lb_bk_op *op, struct choice *x)
{
	bool definition;
	for (size_t i = 0; i < op->deps_count; i++) {
		if (dep_key(&op->deps[i], ++x->at[i], &definition))
			return;
		x->at[i] = 0;
	}
	x->done = true;
}

static bool ids_has(const struct lb_bk_ids *l, const struct lb_digest *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (lb_digest_equal(&l->items[i], id))
			return true;
	return false;
}

static void ids_add(struct lb_bk_ids *l, const struct lb_digest *id)
{
	if (l->count < LB_BK_IDS_MAX && !ids_has(l, id))
		l->items[l->count++] = *id;
}

/* How a step of this build was made, and by what a choice matches: in what the context holds, in what another stage
 * holds, or by definitions alone. */
static const char made_by_context[] = "context", made_otherwise[] = "stage";

static const char *content_of(const struct lb_bk_op *op, const struct choice *x)
{
	const char *by = NULL;
	for (size_t i = 0; i < op->deps_count; i++) {
		if (!op->deps[i].has_content || x->at[i])
			continue;
		if (op->deps[i].link)
			return made_otherwise;
		by = made_by_context;
	}
	return by;
}

/* Did the source that x takes by content come out of the step id? At most `far` steps further down. */
static bool comes_from(const struct lb_bk_op *op, const struct choice *x, const struct lb_digest *id, size_t far)
{
	for (size_t i = 0; i < op->deps_count; i++) {
		const struct lb_link *l = op->deps[i].has_content && !x->at[i] ? op->deps[i].link : NULL;
		for (size_t k = 0; l && k <= far; k++, l = l->below)
			for (size_t n = 0; n < l->keys_count; n++)
				if (lb_digest_equal(&l->keys[n], id))
					return true;
	}
	return false;
}

/* The stages of a build are solved side by side: whether a step's root leads anywhere is asked before the other
 * stages are through. So what this build makes is found by later steps where it is one and the same operation in
 * two stages, or what they copy from; not through content that happens to be equal (observed: two stages that copy equal
 * files from two others do both; a stage that copies a file from the one that copied it to the same place does not). */
static bool visible(const struct lb_cache *c, const struct lb_bk_op *op, const struct choice *x, const struct lb_digest *id, const char *by)
{
	const struct lb_bk_state *s = c->state;
	const struct lb_buildkit_rules *rules = c->policy->rules;
	const char *made = lb_map_getn(s->made, id->bytes, sizeof(id->bytes));
	if (!made || !by || (made == made_by_context && by == made_by_context))
		return true;
	return comes_from(op, x, id, rules->sees_all_below ? SIZE_MAX : 0);
}

void lb_bk_find_ids(struct lb_cache *c, const struct lb_bk_op *op, struct lb_bk_ids *out)
{
	struct lb_bk_state *s = c->state;
	struct lb_digest deps[LB_BK_DEPS_MAX], id;
	struct lb_bk_link l;
	out->count = out->choices = 0;
	for (struct choice x = { .done = false }; !x.done; choice_next(op, &x)) {
		if (!choice_link(op, &x, deps, &l))
			continue;
		const char *by = content_of(op, &x);
		out->choices++;
		for (size_t i = 0; i < LB_BK_IDS_MAX && lb_bk_book_id(s->book, c->scope, &l.choice, i, &id) == 0; i++)
			if (visible(c, op, &x, &id, by))
				ids_add(out, &id);
	}
}

/* Makes all choices of op lead to id. */
int lb_bk_connect(struct lb_cache *c, const struct lb_bk_op *op, const struct lb_digest *id, const struct lb_past *k, struct lb_err *err)
{
	struct lb_bk_state *s = c->state;
	struct lb_digest deps[LB_BK_DEPS_MAX], other;
	struct lb_bk_link l;
	for (struct choice x = { .done = false }; !x.done; choice_next(op, &x)) {
		if (!choice_link(op, &x, deps, &l))
			continue;
		bool there = false;
		for (size_t i = 0; !there && i < LB_BK_IDS_MAX && lb_bk_book_id(s->book, c->scope, &l.choice, i, &other) == 0; i++)
			there = lb_digest_equal(&other, id);
		l.id = *id;
		int rc = there ? 0 : lb_bk_book_link(s->book, c->scope, &l, err);
		if (rc)
			return rc;
	}
	lb_bk_book_use(s->book, id, k);
	return 0;
}

bool lb_bk_may_match(struct lb_cache *c, const struct lb_bk_op *op)
{
	struct lb_bk_state *s = c->state;
	const struct lb_link *root = root_of(op);
	const struct lb_digest tried = tried_as(op);
	return lb_bk_book_tried(s->book, c->scope, &tried, root ? root->keys : NULL, root ? root->keys_count : 0);
}

bool lb_bk_any_unknown(const struct lb_bk_op *op)
{
	for (size_t i = 0; i < op->deps_count; i++)
		if (op->deps[i].unknown)
			return true;
	return false;
}

struct lb_digest lb_bk_new_id(struct lb_cache *c, const struct lb_bk_op *op, const struct lb_digest *result)
{
	struct lb_bk_state *s = c->state;
	struct choice first = { .done = false };
	struct lb_digest deps[LB_BK_DEPS_MAX];
	struct lb_bk_link l;
	uint8_t b[33] = { 0 };
	/* the content of the context is the one key that two operations of a build can share and be found by */
	bool by_context = content_of(op, &first) == made_by_context;
	memcpy(b, choice_link(op, &first, deps, &l) ? l.choice.bytes : result->bytes, 32);
	b[32] = 'r';
	struct lb_digest id = lb_digest_of(b, sizeof(b));
	lb_map_setn(s->made, id.bytes, sizeof(id.bytes), (void *)(by_context ? made_by_context : made_otherwise));
	return id;
}
