/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers go first, then the config, then the manifest, and at last the name: whoever looks meanwhile sees the
 * image whole or not at all. What the ledger has is not sent again; what is sent is counted by its size.
 */
#include "transfer/remote.h"

#include <stdlib.h>
#include <string.h>

static int missing(const struct lb_part *part, struct lb_err *err)
{
	char text[LB_DIGEST_TEXT];
	lb_digest_text(&part->digest, text);
	return lb_fail(err, LB_NOT_FOUND, "%s is not in the store", text);
}

/* Sends the bytes to where they are not yet. to NULL: a remote that keeps none. */
static int move(struct lb_store *from, struct lb_store *to, const struct lb_part *part, bool check, struct lb_err *err)
{
	uint64_t bytes;
	lb_autocontent struct lb_content *c = NULL;
	if (!lb_store_has(from, &part->digest, &bytes))
		return missing(part, err);
	if (bytes != part->bytes) {
		char text[LB_DIGEST_TEXT];
		lb_digest_text(&part->digest, text);
		return lb_fail(err, LB_INVALID, "%s has %llu bytes, its descriptor says %llu", text, (unsigned long long)bytes,
			       (unsigned long long)part->bytes);
	}
	if (!to)
		return 0;
	int rc = lb_store_get(from, &part->digest, &c, err);
	return rc ? rc : lb_store_copy(to, c, &part->digest, check, NULL, err);
}

static int push_part(struct lb_remote *r, struct lb_store *s, struct lb_store *to, const struct lb_part *part, struct lb_push_count *count,
		     struct lb_err *err)
{
	bool there = lb_ledger_has(r->ledger, &part->digest);
	if (!there && lb_place_began_with(r->place, &part->digest)) {
		lb_ledger_add(r->ledger, &part->digest, part->bytes);
		there = true;
	}
	if (there) {
		count->blobs_there++;
		return 0;
	}
	lb_place_add(r->place, &part->digest);
	int rc = move(s, to, part, false, err);
	if (rc)
		return rc;
	lb_ledger_add(r->ledger, &part->digest, part->bytes);
	count->blobs_pushed++;
	count->bytes_pushed += part->bytes;
	return 0;
}

int lb_push(struct lb_remote *r, struct lb_store *s, const struct lb_image_ref *ref, const char *name, struct lb_push_count *out,
	    struct lb_err *err)
{
	struct lb_push_count count = { 0 };
	lb_autoparts struct lb_parts parts = { 0 };
	lb_autofree char *media_type = NULL;
	struct lb_store *to = NULL;
	int rc = r->place->dir ? lb_place_store(r->place, true, &to, err) : 0;
	if (!rc)
		rc = lb_parts_read(s, &ref->manifest, &parts, &media_type, err);
	for (size_t i = 0; !rc && i < parts.count; i++)
		rc = push_part(r, s, to, &parts.items[i], &count, err);
	if (!rc && to)
		rc = lb_store_tag(to, name, &ref->manifest, ref->manifest_bytes, media_type, err);
	if (rc)
		return lb_wrap(err, "while pushing '%.200s'", name);
	if (out)
		*out = count;
	return 0;
}

static int pull_part(struct lb_store *from, struct lb_store *s, const struct lb_part *part, struct lb_push_count *count, struct lb_err *err)
{
	if (lb_store_has(s, &part->digest, NULL)) {
		count->blobs_there++;
		return 0;
	}
	int rc = move(from, s, part, true, err);
	if (rc)
		return rc;
	count->blobs_pushed++;
	count->bytes_pushed += part->bytes;
	return 0;
}

static int pull(struct lb_remote *r, const char *name, const char *platform, struct lb_store *s, struct lb_digest *manifest,
		struct lb_push_count *count, struct lb_err *err)
{
	lb_autoparts struct lb_parts parts = { 0 };
	lb_autofree char *media_type = NULL;
	struct lb_store *from;
	struct lb_digest named;
	int rc = lb_place_store(r->place, false, &from, err);
	if (!rc && (strncmp(name, "sha256:", 7) != 0 || lb_digest_parse(name, &named, NULL) != 0))
		rc = lb_store_find_tag(from, name, &named, NULL, err);
	if (!rc)
		rc = lb_image_resolve(from, &named, platform, manifest, err);
	if (!rc)
		rc = lb_parts_read(from, manifest, &parts, &media_type, err);
	for (size_t i = 0; !rc && i < parts.count; i++)
		rc = pull_part(from, s, &parts.items[i], count, err);
	return rc;
}

int lb_pull(struct lb_remote *r, const char *name, const char *platform, struct lb_store *s, struct lb_digest *manifest,
	    struct lb_push_count *out, struct lb_err *err)
{
	struct lb_push_count count = { 0 };
	struct lb_digest found;
	if (!r->place->dir)
		return lb_fail(err, LB_UNSUPPORTED, "a remote in memory holds no bytes to pull '%.200s' from", name);
	int rc = pull(r, name, platform, s, &found, &count, err);
	if (rc)
		return lb_wrap(err, "while pulling '%.200s' from %s", name, r->place->dir);
	*manifest = found;
	if (out)
		*out = count;
	return 0;
}
