/* SPDX-License-Identifier: Apache-2.0 */
#include "image/bases.h"

#include <string.h>

#include "lbench/mem.h"
#include "lbench/transfer.h"

/* "DIR:NAME" as others write it: the first ':' parts them. */
static void split(const char *where, char **dir, const char **name)
{
	const char *colon = strchr(where, ':');
	*dir = colon ? lb_strndup(where, (size_t)(colon - where)) : lb_strdup(where);
	*name = colon ? colon + 1 : NULL;
}

int img_pull(const struct img_store *s, const char *where, struct lb_digest *manifest, char **name, struct lb_push_count *count,
	     struct lb_err *err)
{
	lb_autofree char *dir = NULL;
	struct lb_layout_image which = { .platform = s->platform };
	split(where, &dir, &which.name);
	which.dir = dir;
	return lb_pull_layout(&which, s->store, manifest, name, count, err);
}
