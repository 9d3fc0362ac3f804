/* SPDX-License-Identifier: Apache-2.0
 *
 * What RUNs left, by everything that they could depend on.
 */
#include <stdlib.h>
#include <string.h>

#include "run/exec.h"

struct remembered {
	int exit_code;
	char *output;
	size_t output_len;
	uint64_t output_bytes;
	struct lb_exec_costs used;
	struct lb_node *layer; /* NULL */
	struct lb_time stamp;
	char *path; /* of layer, as in struct place; NULL */
};

struct lb_exec_memo {
	struct lb_map *by_key;
};

static void free_remembered(void *p)
{
	struct remembered *r = p;
	lb_node_unref(r->layer);
	free(r->output);
	free(r->path);
	free(r);
}

struct lb_exec_memo *lb_exec_memo_new(void)
{
	struct lb_exec_memo *m = lb_calloc(1, sizeof(*m));
	m->by_key = lb_map_new(free_remembered);
	return m;
}

void lb_exec_memo_free(struct lb_exec_memo *m)
{
	if (!m)
		return;
	lb_map_free(m->by_key);
	free(m);
}

static bool add_mounts(struct lb_exec *x, const struct lb_exec_run *run, struct lb_sha256 *h)
{
	lb_sha256_addu(h, run->mounts_count);
	for (size_t i = 0; i < run->mounts_count; i++) {
		const struct lb_exec_mount *m = &run->mounts[i];
		struct lb_digest d = lb_digest_of(m->data ? m->data : "", m->len);
		if (m->type == LB_EXEC_CACHE || (m->tree && lb_exec_layer_identity(x, m->tree, &d, NULL)))
			return false;
		lb_sha256_addu(h, (uint64_t)m->type | (uint64_t)m->writable << 8);
		lb_sha256_adds(h, m->target);
		lb_sha256_addd(h, &d);
		lb_sha256_addu(h, (uint64_t)m->uid << 32 | m->gid);
		lb_sha256_addu(h, m->mode | m->size_bytes << 16);
	}
	return true;
}

bool lb_exec_memo_key(struct lb_exec *x, const struct lb_exec_run *run, struct lb_digest *out)
{
	struct lb_sha256 h;
	if (!x->memo || run->network)
		return false;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, run->layers_count);
	for (size_t i = 0; i < run->layers_count; i++) {
		struct lb_digest d;
		if (lb_exec_layer_identity(x, run->layers[i], &d, NULL))
			return false;
		lb_sha256_addd(&h, &d);
	}
	lb_sha256_addu(&h, run->argv_count);
	for (size_t i = 0; i < run->argv_count; i++)
		lb_sha256_adds(&h, run->argv[i]);
	lb_sha256_addu(&h, run->env_count);
	for (size_t i = 0; i < run->env_count; i++)
		lb_sha256_adds(&h, run->env[i]);
	lb_sha256_adds(&h, run->cwd);
	lb_sha256_adds(&h, run->user ? run->user : "");
	lb_sha256_addu(&h, run->keep_times);
	if (!add_mounts(x, run, &h))
		return false;
	*out = lb_sha256_done(&h);
	return true;
}

/* The same tree with the times that were `from` being `to`. */
static struct lb_node *restamp(const struct lb_node *n, struct lb_time from, struct lb_time to)
{
	struct lb_attr a = n->attr;
	if (a.mtime.sec == from.sec && a.mtime.nsec == from.nsec)
		a.mtime = to;
	if (a.kind != LB_DIR)
		return lb_node_with_attr(n, &a);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		entries[i] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, restamp(e->node, from, to) };
	}
	return lb_node_new_dir(&a, entries, n->entries_count);
}

static struct lb_node *layer_for(const struct remembered *r, const struct lb_exec_run *run)
{
	bool same = r->stamp.sec == run->stamp.sec && r->stamp.nsec == run->stamp.nsec;
	if (!r->layer || same || run->keep_times)
		return lb_node_ref(r->layer);
	return restamp(r->layer, r->stamp, run->stamp);
}

bool lb_exec_memo_get(struct lb_exec *x, const struct lb_digest *key, const struct lb_exec_run *run, struct lb_exec_result *out)
{
	pthread_mutex_lock(&x->lock);
	const struct remembered *r = lb_map_getn(x->memo->by_key, key->bytes, sizeof(key->bytes));
	pthread_mutex_unlock(&x->lock);
	if (!r)
		return false;
	*out = (struct lb_exec_result){ .exit_code = r->exit_code,
					.output_bytes = r->output_bytes,
					.used = r->used,
					.layer = layer_for(r, run),
					.remembered = true };
	lb_buf_add(&out->output, r->output, r->output_len);
	/* on disk it keeps the first one's stamp: what the next RUN could see of it is not what remember compares */
	if (out->layer)
		lb_exec_layer_note(x, out->layer, r->path, key);
	return true;
}

void lb_exec_memo_put(struct lb_exec *x, const struct lb_digest *key, const struct lb_exec_run *run, const struct lb_exec_result *r)
{
	struct remembered *m = lb_calloc(1, sizeof(*m));
	*m = (struct remembered){ .exit_code = r->exit_code,
				  .output_len = r->output.len,
				  .output_bytes = r->output_bytes,
				  .used = r->used,
				  .layer = lb_node_ref(r->layer),
				  .stamp = run->stamp };
	m->output = lb_strndup(r->output.data ? r->output.data : "", r->output.len);
	pthread_mutex_lock(&x->lock);
	const struct place *p = r->layer ? lb_map_getn(x->places, &r->layer, sizeof(r->layer)) : NULL;
	m->path = p && p->path ? lb_strdup(p->path) : NULL;
	if (lb_map_getn(x->memo->by_key, key->bytes, sizeof(key->bytes)))
		free_remembered(m);
	else
		lb_map_setn(x->memo->by_key, key->bytes, sizeof(key->bytes), m);
	pthread_mutex_unlock(&x->lock);
}
