/* SPDX-License-Identifier: Apache-2.0 */
#include "record/csv.h"

#include <assert.h>
#include <string.h>

#include "lbench/fs.h"

static void separate(struct csv_writer *w)
{
	if (w->fields++)
		lb_buf_addc(&w->row, ',');
}

void csv_add_text(struct csv_writer *w, const char *s)
{
	separate(w);
	if (!s || !*s)
		return;
	if (!strpbrk(s, ",\"\r\n")) {
		lb_buf_adds(&w->row, s);
		return;
	}
	lb_buf_addc(&w->row, '"');
	for (const char *q; (q = strchr(s, '"')); s = q + 1) {
		lb_buf_add(&w->row, s, (size_t)(q - s));
		lb_buf_adds(&w->row, "\"\"");
	}
	lb_buf_adds(&w->row, s);
	lb_buf_addc(&w->row, '"');
}

void csv_add_number(struct csv_writer *w, uint64_t n)
{
	separate(w);
	lb_buf_addu(&w->row, n);
}

void csv_add_number_if(struct csv_writer *w, bool known, uint64_t n)
{
	if (known)
		csv_add_number(w, n);
	else
		csv_add_text(w, NULL);
}

void csv_end(struct csv_writer *w)
{
	assert(w->fields == w->columns);
	lb_buf_adds(&w->row, "\r\n");
	w->fields = 0;
}

void csv_append(struct csv_writer *w, const struct lb_buf *rows)
{
	lb_buf_add(&w->row, rows->data, rows->len);
}

int csv_flush(struct csv_writer *w, struct lb_err *err)
{
	int rc = lb_fs_write_fd(w->fd, w->row.data, w->row.len, w->path, err);
	lb_buf_clear(&w->row);
	return rc;
}
