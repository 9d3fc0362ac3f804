/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of CSV (RFC 4180), one write(2) a row, so that a reader of the growing file sees whole rows.
 */
#ifndef HARNESS_CSV_H
#define HARNESS_CSV_H

#include <stdbool.h>

#include "lbench/buf.h"
#include "lbench/err.h"

struct csv_writer {
	int fd;
	const char *path;       /* for messages; borrowed */
	struct lb_buf row;
	unsigned fields;
	unsigned columns;       /* what each row must have */
};
void csv_add_text(struct csv_writer *w, const char *s); /* NULL: empty */
void csv_add_number(struct csv_writer *w, uint64_t n);
void csv_add_number_if(struct csv_writer *w, bool known, uint64_t n); /* empty when unknown */
/* Ends the row; asserts that it has as many fields as the header. Into memory only: csv_flush writes. */
void csv_end(struct csv_writer *w);
int csv_flush(struct csv_writer *w, struct lb_err *err);
/* Appends already made rows. */
void csv_append(struct csv_writer *w, const struct lb_buf *rows);

#endif
