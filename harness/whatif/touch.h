/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that people name on the command line as an edit of one variant.
 */
#ifndef HARNESS_WHATIF_TOUCH_H
#define HARNESS_WHATIF_TOUCH_H

#include "whatif/front.h"

enum touched_how {
	TOUCHED_EDITED,     /* a file of the context gets another content */
	TOUCHED_NEW,        /* it was not there */
	TOUCHED_LINK,       /* a link leads elsewhere now */
	TOUCHED_DOCKERFILE, /* the variant's own: a comment more */
	TOUCHED_OUTSIDE,    /* it lies outside of the context: no step sees it */
};
struct touched {
	const char *given, *path; /* as written; in the context, NULL when outside */
	enum touched_how how;
	size_t files;          /* of a directory or pattern; 1 else */
	uint32_t ignored_line; /* of the .dockerignore that leaves it out, all of it; 0: kept */
};
struct touch {
	struct scn_edit edit; /* changes_count 0: nothing to build */
	struct touched *files;
	size_t count;
	struct lb_strv paths;       /* of the context, that the edit changes */
	struct lb_strv unused_args; /* names that no ARG of the Dockerfile declares */
	struct lb_arena arena;
};
struct touch_options {
	const struct scenario *scenario;
	size_t variant;
	const struct front *front;
	const struct lb_strv *files;  /* paths of the context or of the working directory, directories, patterns */
	const struct lb_pairs *args;  /* new values of build arguments */
	const struct lb_pairs *named; /* --build-context; NULL */
};
/* LB_INVALID for a pattern that matches nothing, a directory without a file, and what cannot be changed here. */
int touch_make(const struct touch_options *o, struct touch *out, struct lb_err *err);
void touch_release(struct touch *t);
#define touch_auto __attribute__((cleanup(touch_release)))

/* An edit of whatever is at path in the variant's context: a change that is valid for it. */
void touch_change(const struct scenario *s, size_t variant, const struct lb_node *context, const char *path, struct lb_arena *arena,
		  struct scn_change *out);
/* The line of the .dockerignore that leaves path out; 0: none does. */
uint32_t touch_ignored_line(const struct front *f, const char *path);

#endif
