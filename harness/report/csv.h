/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 4180, both ways. Reading maps the file and hands out fields as slices of the map; pages that were read are
 * given back, so that the size of the file is not the size of the process.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"

struct csv_field {
	const char *p; /* without the quotes around it */
	uint32_t len;
	bool escaped; /* holds "" that stands for one quote */
};

struct csv_file {
	char *name; /* for messages */
	const char *data;
	size_t len;
	size_t columns;
	size_t at; /* where the next row begins */
	size_t given_back;
	uint32_t line; /* of the next row, from 1 */
	bool growing;  /* a last line that is cut off is left out, not an error */
};

/* Maps the file. LB_INVALID when it is not there or empty. */
int csv_open(struct csv_file *f, const char *path, bool growing, struct lb_err *err);
void csv_close(struct csv_file *f);

/* Reads the row at f->at. The first row sets the number of columns, all others must have it. fields holds `cap`.
 * 1: a row; 0: the end; negative: LB_INVALID. */
int csv_next(struct csv_file *f, struct csv_field *fields, size_t cap, struct lb_err *err);
/* Gives back the pages of what was read; they come again where a row is reread. */
void csv_give_back(struct csv_file *f);
/* Reads the row that begins at byte `at` again; it was read before, so it is right. */
void csv_reread(const struct csv_file *f, size_t at, struct csv_field *fields, size_t cap);

/* Place of a field of the row that begins at byte `row` and line `line`. */
struct lb_pos csv_pos(const struct csv_file *f, size_t row, uint32_t line, const struct csv_field *field);
/* The field's text; the arena's. */
char *csv_text(struct lb_arena *arena, const struct csv_field *field);

/* Writing: one field (quoted where it must be), its comma before it unless it is the first of its row. Rows end
 * with LF alone, as the files of a result do: awk and grep are readers too. */
void csv_put(struct lb_buf *out, const char *text);
void csv_put_uint(struct lb_buf *out, uint64_t n);
void csv_end_row(struct lb_buf *out);

#endif
