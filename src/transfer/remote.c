/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/remote.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

static struct lb_place *place_new(const char *dir)
{
	struct lb_place *p = lb_calloc(1, sizeof(*p));
	atomic_init(&p->refs, 1);
	p->dir = dir ? lb_strdup(dir) : NULL;
	p->ours = lb_map_new(NULL);
	pthread_mutex_init(&p->mutex, NULL);
	return p;
}

static void place_unref(struct lb_place *p)
{
	if (atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	lb_store_close(p->store);
	lb_map_free(p->ours);
	pthread_mutex_destroy(&p->mutex);
	free(p->dir);
	free(p);
}

static struct lb_remote *remote_new(struct lb_place *p, struct lb_ledger *ledger)
{
	struct lb_remote *r = lb_calloc(1, sizeof(*r));
	r->place = p;
	r->ledger = ledger;
	return r;
}

int lb_remote_open(const char *where, struct lb_remote **out, struct lb_err *err)
{
	struct lb_place *p = NULL;
	if (strcmp(where, "memory:") == 0)
		p = place_new(NULL);
	else if (strncmp(where, "oci:", 4) == 0 && where[4])
		p = place_new(where + 4);
	else if (strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0)
		return lb_fail(err, LB_UNSUPPORTED, "%s: this build of lbench cannot reach registries", where);
	else
		return lb_fail(err, LB_USAGE, "unknown kind of remote '%.200s' (memory:, oci:DIR)", where);
	/* A layout that is there is looked at now: better an error before the build than behind it. */
	struct lb_store *ignored;
	int rc = p->dir && lb_fs_exists(AT_FDCWD, p->dir) ? lb_place_store(p, true, &ignored, err) : 0;
	if (rc) {
		place_unref(p);
		return rc;
	}
	*out = remote_new(p, lb_ledger_new());
	return 0;
}

void lb_remote_close(struct lb_remote *r)
{
	if (!r)
		return;
	place_unref(r->place);
	lb_ledger_free(r->ledger);
	free(r);
}

struct lb_remote *lb_remote_fork(struct lb_remote *r)
{
	atomic_fetch_add(&r->place->refs, 1);
	return remote_new(r->place, lb_ledger_fork(r->ledger));
}

int lb_place_store(struct lb_place *p, bool make, struct lb_store **out, struct lb_err *err)
{
	int rc = 0;
	pthread_mutex_lock(&p->mutex);
	if (!p->store && !make && !lb_fs_exists(AT_FDCWD, p->dir))
		rc = lb_fail(err, LB_NOT_FOUND, "%s: no such OCI layout", p->dir);
	else if (!p->store)
		rc = lb_store_open(p->dir, &p->store, err);
	*out = p->store;
	pthread_mutex_unlock(&p->mutex);
	return rc;
}

bool lb_place_began_with(struct lb_place *p, const struct lb_digest *digest)
{
	pthread_mutex_lock(&p->mutex);
	bool ours = lb_map_getn(p->ours, digest->bytes, sizeof(digest->bytes)) != NULL;
	bool there = !ours && p->store && lb_store_has(p->store, digest, NULL);
	pthread_mutex_unlock(&p->mutex);
	return there;
}

void lb_place_add(struct lb_place *p, const struct lb_digest *digest)
{
	pthread_mutex_lock(&p->mutex);
	lb_map_setn(p->ours, digest->bytes, sizeof(digest->bytes), p);
	pthread_mutex_unlock(&p->mutex);
}
