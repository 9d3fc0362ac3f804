/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "verify/verify.h"

/* ---- sums by topic and engine ---- */

struct sums {
	struct lb_strv topics, keys;
	size_t *compared, *agreed; /* [topic * keys.count + key] */
};

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static size_t index_of(const struct lb_strv *v, const char *s)
{
	size_t i = 0;
	while (strcmp(v->items[i], s) != 0)
		i++;
	return i;
}

static void collect(const struct verify_report *r, struct sums *s)
{
	*s = (struct sums){ 0 };
	for (size_t i = 0; i < r->count; i++) {
		if (!lb_strv_has(&s->topics, r->rows[i].topic))
			lb_strv_add(&s->topics, r->rows[i].topic);
		for (size_t k = 0; k < r->rows[i].count; k++)
			if (!lb_strv_has(&s->keys, r->rows[i].cells[k].key))
				lb_strv_add(&s->keys, r->rows[i].cells[k].key);
	}
	if (s->topics.count)
		qsort(s->topics.items, s->topics.count, sizeof(*s->topics.items), by_version);
	if (s->keys.count)
		qsort(s->keys.items, s->keys.count, sizeof(*s->keys.items), by_version);
	s->compared = lb_calloc(s->topics.count * s->keys.count + 1, sizeof(*s->compared));
	s->agreed = lb_calloc(s->topics.count * s->keys.count + 1, sizeof(*s->agreed));
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->rows[i].count; k++) {
			const struct verify_cell *c = &r->rows[i].cells[k];
			size_t at = index_of(&s->topics, r->rows[i].topic) * s->keys.count + index_of(&s->keys, c->key);
			s->compared[at] += c->compared;
			s->agreed[at] += c->agreed;
		}
}

static void release(struct sums *s)
{
	lb_strv_release(&s->topics);
	lb_strv_release(&s->keys);
	free(s->compared);
	free(s->agreed);
}

/* ---- text ---- */

static void print_place(const struct verify_difference *d, struct lb_buf *out)
{
	if (d->step >= 0)
		lb_buf_addf(out, "step %d ", d->step + 1);
	size_t len = strcspn(d->what, "\n");
	lb_buf_add(out, d->what, len);
	if (d->what[len])
		lb_buf_adds(out, " …");
}

static void print_line(const struct verify_row *row, const struct verify_cell *c, const struct verify_difference *d, struct lb_buf *out)
{
	lb_buf_addf(out, "%s %s %s: ", row->id, d->state, c->key);
	print_place(d, out);
	lb_buf_addf(out, ": observed %s, ours %s", d->observed, d->ours);
	if (*d->why)
		lb_buf_addf(out, " (%s)", d->why);
	lb_buf_addc(out, '\n');
}

void verify_print_lines(const struct verify_report *r, struct lb_buf *out)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->rows[i].count; k++)
			for (size_t d = 0; d < r->rows[i].cells[k].count; d++)
				print_line(&r->rows[i], &r->rows[i].cells[k], &r->rows[i].cells[k].items[d], out);
}

static void print_cell(size_t agreed, size_t compared, size_t width, struct lb_buf *out)
{
	lb_autofree char *text = compared ? lb_format("%zu/%zu", agreed, compared) : lb_strdup("-");
	lb_buf_addf(out, "  %*s", (int)width, text);
}

/* A line of the table: one engine's row over topics, its sum at the end. */
static void print_key(const struct sums *s, size_t key, const size_t *width, struct lb_buf *out)
{
	size_t agreed = 0, compared = 0;
	lb_buf_addf(out, "%-24s", s->keys.items[key]);
	for (size_t t = 0; t < s->topics.count; t++) {
		size_t at = t * s->keys.count + key;
		print_cell(s->agreed[at], s->compared[at], width[t], out);
		agreed += s->agreed[at];
		compared += s->compared[at];
	}
	print_cell(agreed, compared, width[s->topics.count], out);
	lb_buf_addc(out, '\n');
}

static size_t cell_width(const char *head, size_t compared)
{
	lb_autofree char *widest = lb_format("%zu/%zu", compared, compared);
	return strlen(widest) > strlen(head) ? strlen(widest) : strlen(head);
}

static void print_head(const struct sums *s, size_t *width, size_t *agreed, size_t *compared, struct lb_buf *out)
{
	lb_buf_addf(out, "%-24s", "");
	for (size_t t = 0; t < s->topics.count; t++) {
		size_t most = 0;
		for (size_t k = 0; k < s->keys.count; k++) {
			size_t at = t * s->keys.count + k;
			most = s->compared[at] > most ? s->compared[at] : most;
			*agreed += s->agreed[at];
			*compared += s->compared[at];
		}
		width[t] = cell_width(s->topics.items[t], most);
		lb_buf_addf(out, "  %*s", (int)width[t], s->topics.items[t]);
	}
	width[s->topics.count] = cell_width("all", *compared);
	lb_buf_addf(out, "  %*s\n", (int)width[s->topics.count], "all");
}

void verify_print_table(const struct verify_report *r, struct lb_buf *out)
{
	struct sums s;
	size_t agreed = 0, compared = 0;
	collect(r, &s);
	lb_autofree size_t *width = lb_calloc(s.topics.count + 1, sizeof(*width));
	print_head(&s, width, &agreed, &compared, out);
	for (size_t k = 0; k < s.keys.count; k++)
		print_key(&s, k, width, out);
	lb_buf_addf(out, "\n%zu of %zu observations agreed, %zu %s%s\n", agreed, compared, r->count, r->unit ? r->unit : "case",
		    r->count == 1 ? "" : "s");
	release(&s);
}

/* ---- JSON ---- */

static void json_difference(struct lb_json *w, const struct verify_row *row, const struct verify_cell *c, const struct verify_difference *d)
{
	lb_json_open(w, '{');
	lb_json_kstr(w, "case", row->id);
	lb_json_kstr(w, "topic", row->topic);
	lb_json_kstr(w, "state", d->state);
	lb_json_kstr(w, "engine", c->key);
	lb_json_key(w, "step");
	if (d->step < 0)
		lb_json_null(w);
	else
		lb_json_uint(w, (uint64_t)d->step + 1);
	lb_json_kstr(w, "what", d->what);
	lb_json_kstr(w, "observed", d->observed);
	lb_json_kstr(w, "ours", d->ours);
	lb_json_kstr(w, "reason", d->why);
	lb_json_close(w, '}');
}

static void json_sums(struct lb_json *w, const struct sums *s)
{
	for (size_t t = 0; t < s->topics.count; t++)
		for (size_t k = 0; k < s->keys.count; k++) {
			size_t at = t * s->keys.count + k;
			if (!s->compared[at])
				continue;
			lb_json_open(w, '{');
			lb_json_kstr(w, "topic", s->topics.items[t]);
			lb_json_kstr(w, "engine", s->keys.items[k]);
			lb_json_kuint(w, "agreed", s->agreed[at]);
			lb_json_kuint(w, "compared", s->compared[at]);
			lb_json_close(w, '}');
		}
}

void verify_print_json(const struct verify_report *r, void (*more)(struct lb_json *w, const void *arg), const void *arg, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	struct sums s;
	collect(r, &s);
	lb_json_open(&w, '{');
	lb_json_kuint(&w, r->unit ? "variants" : "cases", r->count);
	lb_json_key(&w, "sums");
	lb_json_open(&w, '[');
	json_sums(&w, &s);
	lb_json_close(&w, ']');
	lb_json_key(&w, "disagreements");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->rows[i].count; k++)
			for (size_t d = 0; d < r->rows[i].cells[k].count; d++)
				json_difference(&w, &r->rows[i], &r->rows[i].cells[k], &r->rows[i].cells[k].items[d]);
	lb_json_close(&w, ']');
	if (more)
		more(&w, arg);
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
	release(&s);
}

/* ---- JUnit ---- */

static void add_attribute(struct lb_buf *out, const char *name, const char *value)
{
	lb_buf_addf(out, " %s=\"", name);
	lb_buf_add_xml(out, value);
	lb_buf_addc(out, '"');
}

static void junit_cell(struct lb_buf *out, const struct verify_row *row, const struct verify_cell *c)
{
	lb_buf_adds(out, "    <testcase");
	add_attribute(out, "name", row->id);
	add_attribute(out, "classname", row->topic);
	lb_buf_adds(out, " time=\"0\"");
	if (!c->count) {
		lb_buf_adds(out, "/>\n");
		return;
	}
	lb_autofree char *message = lb_format("%zu of %zu observations disagree", c->compared - c->agreed, c->compared);
	lb_buf_adds(out, ">\n      <failure type=\"disagreement\"");
	add_attribute(out, "message", message);
	lb_buf_addc(out, '>');
	for (size_t i = 0; i < c->count; i++) {
		lb_autobuf struct lb_buf line = { 0 };
		print_line(row, c, &c->items[i], &line);
		lb_buf_add_xml(out, lb_buf_str(&line));
	}
	lb_buf_adds(out, "</failure>\n    </testcase>\n");
}

static const struct verify_cell *cell_of(const struct verify_row *row, const char *key)
{
	for (size_t k = 0; k < row->count; k++)
		if (strcmp(row->cells[k].key, key) == 0)
			return &row->cells[k];
	return NULL;
}

static void count_cells(const struct verify_report *r, const char *key, size_t *tests, size_t *failures)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->rows[i].count; k++) {
			const struct verify_cell *c = &r->rows[i].cells[k];
			if (key && strcmp(c->key, key) != 0)
				continue;
			(*tests)++;
			*failures += c->count != 0;
		}
}

static void open_suite(struct lb_buf *out, const struct verify_report *r, const char *element, const char *name, const char *key)
{
	size_t tests = 0, failures = 0;
	count_cells(r, key, &tests, &failures);
	lb_buf_addf(out, "<%s", element);
	add_attribute(out, "name", name);
	lb_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"0\">\n", tests, failures);
}

void verify_print_junit(const struct verify_report *r, struct lb_buf *out)
{
	struct sums s;
	collect(r, &s);
	lb_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	open_suite(out, r, "testsuites", "lbench verify", NULL);
	for (size_t k = 0; k < s.keys.count; k++) {
		lb_buf_adds(out, "  ");
		open_suite(out, r, "testsuite", s.keys.items[k], s.keys.items[k]);
		for (size_t i = 0; i < r->count; i++) {
			const struct verify_cell *c = cell_of(&r->rows[i], s.keys.items[k]);
			if (c)
				junit_cell(out, &r->rows[i], c);
		}
		lb_buf_adds(out, "  </testsuite>\n");
	}
	lb_buf_adds(out, "</testsuites>\n");
	release(&s);
}
