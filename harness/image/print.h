/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands print, a file each. All append to out; with json a value with a newline behind it.
 */
#ifndef HARNESS_IMAGE_PRINT_H
#define HARNESS_IMAGE_PRINT_H

#include "image/store.h"
#include "report/grid.h"

struct img_print {
	bool json, color;
	unsigned width;      /* 0: no terminal, nothing is shortened */
	bool all;            /* every entry, not only the first ones */
	bool manifest;       /* inspect: the manifest, not the configuration */
	bool digests;        /* files: with the sha256 of each */
	unsigned layer;      /* files: of this layer, from 1; 0: of the whole */
	const char *path;    /* files: only this and what lies below it; NULL */
	const char *pattern; /* ls: names; NULL: all */
};

int img_print_list(const struct img_store *s, const struct img_print *p, struct lb_buf *out, struct lb_err *err);
int img_print_inspect(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		      struct lb_err *err);
int img_print_history(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		      struct lb_err *err);
/* The images' layers have been read for these. */
int img_print_layers(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		     struct lb_err *err);
int img_print_files(const struct img_image *image, const struct img_print *p, struct lb_buf *out, struct lb_err *err);
int img_print_diff(const struct img_store *s, const struct img_image *a, const struct img_image *b, const struct img_print *p,
		   struct lb_buf *out, struct lb_err *err);
int img_print_usage(const struct img_store *s, const struct img_print *p, struct lb_buf *out, struct lb_err *err);

/* ---- what they share ---- */
void img_add_bytes(struct grid *g, uint64_t bytes);
void img_add_count(struct grid *g, uint64_t n); /* empty for 0 */
void img_add_header(struct grid *g, const char *const *names);
/* "65.3 MB" */
void img_bytes(struct lb_buf *out, uint64_t bytes);
/* Nothing for 1. */
const char *img_plural(uint64_t n);

#endif
