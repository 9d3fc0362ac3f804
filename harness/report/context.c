/* SPDX-License-Identifier: Apache-2.0 */
#include "report/context.h"

#include <fcntl.h>
#include <stdlib.h>

#include "lbench/fs.h"

enum { PATH, FILES, BYTES, SENT_FILES, SENT_BYTES, COPIED_BY, COMMITS, EXAMINED, NOTE, IGNORE, COLUMNS, COLUMNS_MAX = 32 };
static const char *const columns[COLUMNS] = { "path",      "files",   "bytes",    "sent_files", "sent_bytes",
					      "copied_by", "commits", "examined", "note",       "ignore" };

struct reading {
	struct report *r;
	struct csv_file csv;
	size_t at[COLUMNS]; /* position of each */
	struct lb_err *err;
};

static int find_columns(struct reading *x, const struct csv_field *header)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		bool found = false;
		for (size_t k = 0; k < x->csv.columns; k++) {
			if (header[k].len != strlen(columns[i]) || memcmp(header[k].p, columns[i], header[k].len) != 0)
				continue;
			x->at[i] = k;
			found = true;
		}
		if (!found)
			return lb_fail(x->err, LB_INVALID, "%s:1: the column '%s' is not there", x->csv.name, columns[i]);
	}
	return 0;
}

static int read_number(struct reading *x, const struct csv_field *row, int column, uint64_t *out)
{
	const struct csv_field *f = &row[x->at[column]];
	*out = f->len ? 0 : REPORT_UNKNOWN;
	for (uint32_t i = 0; i < f->len; i++) {
		if (f->p[i] < '0' || f->p[i] > '9' || f->len > 18)
			return lb_fail(x->err, LB_INVALID, "%s:%u: \"%.*s\" in column %s; a whole number is expected", x->csv.name,
				       x->csv.line - 1, (int)(f->len < 40 ? f->len : 40), f->p, columns[column]);
		*out = *out * 10 + (uint64_t)(f->p[i] - '0');
	}
	return 0;
}

static int read_place(struct reading *x, const struct csv_field *row)
{
	struct report_context *c = x->r->context;
	struct lb_arena *arena = &x->r->arena;
	struct report_place p = { .path = csv_text(arena, &row[x->at[PATH]]),
				  .copied_by = csv_text(arena, &row[x->at[COPIED_BY]]),
				  .note = csv_text(arena, &row[x->at[NOTE]]),
				  .ignore = csv_text(arena, &row[x->at[IGNORE]]) };
	uint64_t *const numbers[] = { &p.files, &p.bytes, &p.sent_files, &p.sent_bytes, &p.commits, &p.examined };
	static const int of[] = { FILES, BYTES, SENT_FILES, SENT_BYTES, COMMITS, EXAMINED };
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(of); i++)
		rc = read_number(x, row, of[i], numbers[i]);
	for (size_t i = 0; !rc && i < 4; i++)
		*numbers[i] = *numbers[i] == REPORT_UNKNOWN ? 0 : *numbers[i];
	c->places = lb_grow(c->places, c->count, &c->cap, sizeof(*c->places));
	c->places[c->count++] = p;
	return rc;
}

static int read_file(struct reading *x)
{
	struct csv_field row[COLUMNS_MAX];
	int rc = csv_next(&x->csv, row, COLUMNS_MAX, x->err);
	if (rc == 1)
		rc = find_columns(x, row) ? LB_INVALID : 1;
	while (rc == 1) {
		rc = csv_next(&x->csv, row, COLUMNS_MAX, x->err);
		if (rc == 1 && read_place(x, row) < 0)
			rc = LB_INVALID;
	}
	return rc;
}

int report_load_context(struct report *r, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, "context.csv");
	struct reading x = { .r = r, .err = err };
	if (!lb_fs_exists(AT_FDCWD, path))
		return 0;
	int rc = csv_open(&x.csv, path, false, err);
	if (rc)
		return rc;
	r->context = lb_arena_alloc(&r->arena, sizeof(*r->context));
	rc = read_file(&x);
	csv_close(&x.csv);
	return rc;
}

/* ---- what a row means ---- */

static const struct {
	const char *note, *words;
	bool mistake; /* else it may well be meant */
} notes[] = {
	{ "repository", "the repository itself: each commit changes it, and with it every line that copies it", true },
	{ "secret", "may hold a secret, which an image's layers keep", true },
	{ "log", "written while the program runs", true },
	{ "installed", "installed on this machine; an image installs its own", true },
	{ "cache", "made anew wherever it is missing", true },
	{ "editor", "an editor's or the desktop's", true },
	{ "output", "built on this machine", false },
	{ "test-data", "test data", false },
	{ "archive", "an archive or a dump", false },
	{ "lbench", "lbench's own", false },
};

bool report_place_is_mistake(const struct report_place *p)
{
	for (size_t i = 0; p->sent_files && i < LB_COUNT(notes); i++)
		if (strcmp(notes[i].note, p->note) == 0)
			return notes[i].mistake;
	return false;
}

bool report_place_is_busy(const struct report_place *p)
{
	return p->sent_files && p->commits != REPORT_UNKNOWN && p->commits >= 5 && p->commits * 4 >= p->examined;
}

const char *report_place_words(const struct report_place *p)
{
	for (size_t i = 0; i < LB_COUNT(notes); i++)
		if (strcmp(notes[i].note, p->note) == 0)
			return notes[i].words;
	return "";
}
