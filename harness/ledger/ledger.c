/* SPDX-License-Identifier: Apache-2.0
 *
 * From sums to rows. The top of the context is opened; then, while there is room, the row that says least by itself:
 * one that hides what stands apart, one of which parts are copied by different lines, one that is a large part of all.
 */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "history/history.h"
#include "lbench/fs.h"
#include "ledger/gather.h"
#include "report/csv.h"

enum { COMMITS_MAX = 1000, SINGLES = 12, LARGE_PART = 8 };
#define NOTED_BYTES 65536 /* what stands apart and is smaller does not open a directory */

/* A row while rows are chosen. */
struct open {
	const struct gathered *g;
	bool closed;         /* nothing in it would stand apart */
	bool rest;           /* all of g's entries that are no rows of their own */
	struct gathered sum; /* of a rest */
};
struct opening {
	struct open *items;
	size_t count, cap;
	uint64_t total_bytes;
};

static const struct gathered *sum_of(const struct open *o)
{
	return o->rest ? &o->sum : o->g;
}

static void add(struct opening *p, struct open o)
{
	p->items = lb_grow(p->items, p->count, &p->cap, sizeof(*p->items));
	p->items[p->count++] = o;
}

/* Is a large part of a directory in one of its entries? Where all are alike, one row says it. */
static bool is_lopsided(const struct gathered *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->children[i].bytes > g->bytes / 5)
			return true;
	return false;
}

/* How little a row says: 0: enough. */
static uint64_t urge(const struct opening *p, const struct open *o)
{
	const struct gathered *g = o->g;
	if (o->rest || o->closed || !g->dir || g->note || g->count < 1 || !g->files)
		return 0;
	if (g->noted_bytes >= NOTED_BYTES)
		return g->noted_bytes + g->bytes + (UINT64_C(1) << 62);
	if (g->mixed)
		return g->bytes + (UINT64_C(1) << 61);
	return g->bytes >= NOTED_BYTES && g->bytes > p->total_bytes / LARGE_PART && is_lopsided(g) ? g->bytes : 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct gathered *x = *(const struct gathered *const *)a, *y = *(const struct gathered *const *)b;
	bool xn = x->note || x->noted_bytes >= NOTED_BYTES, yn = y->note || y->noted_bytes >= NOTED_BYTES;
	if (xn != yn)
		return xn ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->path, y->path);
}

static void add_to_rest(struct gathered *sum, const struct gathered *child)
{
	sum->files += child->files;
	sum->bytes += child->bytes;
	sum->sent_files += child->sent_files;
	sum->sent_bytes += child->sent_bytes;
	sum->copied |= child->copied;
}

/* The entries of a directory as rows: all where they are few, else the ones that matter and the rest as one. */
static void open_directory(struct opening *p, const struct gathered *g)
{
	lb_autofree const struct gathered **order = lb_calloc(g->count + 1, sizeof(*order));
	for (size_t i = 0; i < g->count; i++)
		order[i] = &g->children[i];
	qsort(order, g->count, sizeof(*order), by_weight);
	bool few = g->count <= 2 * SINGLES;
	size_t noted = 0, singles = 0;
	struct gathered rest = { .path = g->path, .dir = true };
	size_t left = 0;
	for (size_t i = 0; i < g->count; i++) {
		bool apart = order[i]->note && noted < SINGLES;
		bool weighs =
			(order[i]->bytes > g->bytes / 20 || order[i]->mixed || order[i]->noted_bytes >= NOTED_BYTES) && singles < SINGLES;
		noted += apart;
		singles += weighs;
		if (few || apart || weighs) {
			add(p, (struct open){ .g = order[i] });
			continue;
		}
		add_to_rest(&rest, order[i]);
		left++;
	}
	if (left == g->count)
		add(p, (struct open){ .g = g, .closed = true });
	else if (left)
		add(p, (struct open){ .g = g, .rest = true, .sum = rest });
}

static void choose_rows(struct opening *p, const struct gathered *root)
{
	p->total_bytes = root->bytes;
	open_directory(p, root);
	for (;;) {
		size_t best = p->count;
		uint64_t most = 0;
		for (size_t i = 0; i < p->count; i++) {
			uint64_t u = urge(p, &p->items[i]);
			if (u > most && p->count + 2 * SINGLES + SINGLES < LEDGER_ROWS) {
				most = u;
				best = i;
			}
		}
		if (best == p->count)
			return;
		const struct gathered *g = p->items[best].g;
		p->items[best] = p->items[--p->count];
		open_directory(p, g);
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct ledger_row *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->path, y->path);
}

static void take_rows(struct ledger *l, const struct opening *p)
{
	l->rows = lb_calloc(p->count + 1, sizeof(*l->rows));
	for (size_t i = 0; i < p->count; i++) {
		const struct open *o = &p->items[i];
		const struct gathered *g = sum_of(o);
		const char *path = o->g->path;
		if (!g->files)
			continue;
		lb_autofree char *shown =
			o->rest ? lb_format("%s%s(others)", path, *path ? "/" : "") : lb_format("%s%s", path, g->dir ? "/" : "");
		l->rows[l->count++] = (struct ledger_row){ .path = lb_arena_strdup(&l->arena, shown),
							   .prefix = lb_arena_strdup(&l->arena, path),
							   .rest = o->rest,
							   .files = g->files,
							   .bytes = g->bytes,
							   .sent_bytes = g->sent_bytes,
							   .sent_files = g->sent_files,
							   .copied = g->copied,
							   .note = o->rest ? LEDGER_NONE : g->note,
							   .ignore = o->rest ? NULL : g->ignore };
	}
	qsort(l->rows, l->count, sizeof(*l->rows), by_bytes);
}

/* ---- commits ---- */

struct counting {
	struct lb_map *rows, *rests; /* prefix -> index + 1 */
	size_t *last;                /* commit + 1 that a row was counted for last */
};

static size_t row_of(const struct counting *c, const char *path)
{
	size_t len = strlen(path);
	uintptr_t found = (uintptr_t)lb_map_getn(c->rows, path, len);
	while (!found) {
		while (len && path[len - 1] != '/')
			len--;
		len -= len > 0;
		found = len ? (uintptr_t)lb_map_getn(c->rows, path, len) : 0;
		if (!found)
			found = (uintptr_t)lb_map_getn(c->rests, path, len);
		if (!len)
			break;
	}
	return found;
}

static int count_commits(const struct scenario *s, struct ledger *l, struct lb_err *err)
{
	history_auto struct history *h = NULL;
	int rc = history_read(s->dir, COMMITS_MAX, &h, err);
	if (rc || !h)
		return rc;
	l->has_history = true;
	l->examined = h->examined;
	lb_automap struct lb_map *rows = lb_map_new(NULL), *rests = lb_map_new(NULL);
	lb_autofree size_t *last = lb_calloc(l->count + 1, sizeof(*last));
	struct counting c = { rows, rests, last };
	for (size_t i = 0; i < l->count; i++)
		lb_map_set(l->rows[i].rest ? rests : rows, l->rows[i].prefix, (void *)(uintptr_t)(i + 1));
	for (size_t k = 0; k < h->commits_count; k++) {
		for (size_t i = 0; i < h->commits[k].count; i++) {
			size_t row = row_of(&c, h->commits[k].paths[i]);
			if (!row || last[row - 1] == k + 1)
				continue;
			last[row - 1] = k + 1;
			l->rows[row - 1].commits++;
		}
	}
	/* every commit writes into the repository itself */
	for (size_t i = 0; i < l->count; i++)
		if (l->rows[i].note == LEDGER_REPOSITORY)
			l->rows[i].commits = h->examined;
	return 0;
}

/* ---- the whole ---- */

int ledger_make(const struct scenario *s, bool history, struct ledger **out, struct lb_err *err)
{
	ledger_auto struct ledger *l = lb_calloc(1, sizeof(*l));
	struct gathered root;
	struct opening opening = { 0 };
	gather(s, l, &root);
	choose_rows(&opening, &root);
	take_rows(l, &opening);
	free(opening.items);
	int rc = history ? count_commits(s, l, err) : 0;
	if (!rc)
		*out = lb_steal(&l);
	return rc;
}

static void copied_text(const struct ledger *l, const struct ledger_row *r, struct lb_buf *out)
{
	for (size_t i = 0; i < l->steps_count; i++)
		if (r->copied >> i & 1)
			lb_buf_addf(out, "%s%s", out->len ? " " : "", l->steps[i]);
	if (l->unclear)
		lb_buf_adds(out, out->len ? " ?" : "?");
}

static void put_known(struct lb_buf *out, bool known, uint64_t n)
{
	if (known)
		csv_put_uint(out, n);
	else
		csv_put(out, "");
}

void ledger_csv(const struct ledger *l, struct lb_buf *out)
{
	static const char *const header[] = { "path",      "files",   "bytes",    "sent_files", "sent_bytes",
					      "copied_by", "commits", "examined", "note",       "ignore" };
	for (size_t i = 0; i < LB_COUNT(header); i++)
		csv_put(out, header[i]);
	csv_end_row(out);
	for (size_t i = 0; i < l->count; i++) {
		const struct ledger_row *r = &l->rows[i];
		lb_autobuf struct lb_buf copied = { 0 };
		copied_text(l, r, &copied);
		csv_put(out, r->path);
		csv_put_uint(out, r->files);
		csv_put_uint(out, r->bytes);
		csv_put_uint(out, r->sent_files);
		csv_put_uint(out, r->sent_bytes);
		csv_put(out, lb_buf_str(&copied));
		put_known(out, l->has_history, r->commits);
		put_known(out, l->has_history, l->examined);
		csv_put(out, ledger_note_name(r->note));
		csv_put(out, r->ignore && r->sent_files ? r->ignore : "");
		csv_end_row(out);
	}
}

int ledger_record(const struct scenario *s, const char *dir, struct lb_err *err)
{
	ledger_auto struct ledger *l = NULL;
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *path = lb_path_join(dir, "context.csv");
	int rc = ledger_make(s, s->implicit, &l, err);
	if (rc)
		return rc;
	ledger_csv(l, &text);
	return lb_fs_write(AT_FDCWD, path, text.data, text.len, err);
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	free(l->rows);
	lb_arena_release(&l->arena);
	free(l);
}

void ledger_cleanup(struct ledger **l)
{
	ledger_free(*l);
	*l = NULL;
}
