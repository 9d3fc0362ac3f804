/* SPDX-License-Identifier: Apache-2.0
 *
 * builds.csv and steps.csv into memory. Both are read by column name. A step keeps what sums and tables need, in
 * fixed-size fields, and the place of its row; evidence is read from there when somebody asks for it, which
 * keeps a million rows at about 80 MB.
 */
#include "report/data.h"

#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/context.h"

#define MAX_COLUMNS 128

const struct build_column report_build_columns[] = {
	{ "build_id", false, BT_ID, true },
	{ "scenario", false, BT_SCENARIO, false },
	{ "variant", false, BT_VARIANT, true },
	{ "subject", false, BT_SUBJECT, true },
	{ "policy", false, BT_POLICY, true },
	{ "builder", false, BT_BUILDER, true },
	{ "platform", false, BT_PLATFORM, false },
	{ "run_mode", false, BT_RUN_MODE, false },
	{ "compression", false, BT_COMPRESSION, false },
	{ "remote", false, BT_REMOTE, false },
	{ "workload", false, BT_WORKLOAD, true },
	{ "edit", false, BT_EDIT, true },
	{ "seq", true, BN_SEQ, true },
	{ "repeat", true, BN_REPEAT, true },
	{ "started_order", true, BN_STARTED_ORDER, false },
	{ "status", false, BT_STATUS, true },
	{ "steps", true, BN_STEPS, true },
	{ "hits", true, BN_HITS, true },
	{ "misses", true, BN_MISSES, true },
	{ "meta", true, BN_META, true },
	{ "skipped", true, BN_SKIPPED, true },
	{ "unknown", true, BN_UNKNOWN, true },
	{ "wasted", true, BN_WASTED, true },
	{ "stale", true, BN_STALE, true },
	{ "engine_ns", true, BN_ENGINE_NS, false },
	{ "run_ns", true, BN_RUN_NS, true },
	{ "wasted_run_ns", true, BN_WASTED_RUN_NS, true },
	{ "push_ns", true, BN_PUSH_NS, false },
	{ "pull_ns", true, BN_PULL_NS, false },
	{ "total_ns", true, BN_TOTAL_NS, false },
	{ "cpu_ns", true, BN_CPU_NS, false },
	{ "peak_rss_bytes", true, BN_PEAK_RSS, false },
	{ "context_files", true, BN_CONTEXT_FILES, false },
	{ "context_bytes", true, BN_CONTEXT_BYTES, false },
	{ "layers", true, BN_LAYERS, false },
	{ "layers_new", true, BN_LAYERS_NEW, false },
	{ "bytes_stored", true, BN_STORED, true },
	{ "bytes_pushed", true, BN_PUSHED, true },
	{ "bytes_retimed", true, BN_RETIMED, false },
	{ "bytes_wire", true, BN_WIRE, false },
	{ "bytes_pulled", true, BN_PULLED, false },
	{ "cache_export_bytes", true, BN_CACHE_EXPORT, false },
	{ "cache_import_bytes", true, BN_CACHE_IMPORT, false },
	{ "image_bytes", true, BN_IMAGE_BYTES, false },
	{ "shared_bytes", true, BN_SHARED_BYTES, false },
	{ "image_digest", false, BT_IMAGE_DIGEST, false },
	{ "message", false, BT_MESSAGE, true },
	{ "run_user_ns", true, BN_RUN_USER_NS, false },
	{ "run_system_ns", true, BN_RUN_SYSTEM_NS, false },
	{ "run_peak_rss_bytes", true, BN_RUN_PEAK_RSS, false },
	{ "run_read_bytes", true, BN_RUN_READ, false },
	{ "run_written_bytes", true, BN_RUN_WRITTEN, false },
};
static_assert(LB_COUNT(report_build_columns) == BT_COUNT + BN_COUNT, "a column a value");

enum step_column {
	SC_BUILD,
	SC_STAGE,
	SC_STEP,
	SC_LINE,
	SC_INSTRUCTION,
	SC_TRIGGER,
	SC_OUTCOME,
	SC_NEEDED,
	SC_STALE,
	SC_REASON,
	SC_EVIDENCE,
	SC_DIFF_ID,
	SC_LAYER_BYTES,
	SC_BLOB_DIGEST,
	SC_BLOB_BYTES,
	SC_ENGINE_NS,
	SC_RUN_NS,
	SC_MODEL_SOURCE,
	SC_COUNT,
};
static const char *const step_columns[SC_COUNT] = {
	"build_id", "stage",    "step",    "line",        "instruction", "trigger",    "outcome",   "needed", "stale",
	"reason",   "evidence", "diff_id", "layer_bytes", "blob_digest", "blob_bytes", "engine_ns", "run_ns", "model_source",
};
static_assert(SC_COUNT <= sizeof(((struct report *)0)->step_columns) / sizeof(size_t), "room for the positions");

uint32_t report_intern(struct report *r, const char *s, size_t len)
{
	if (!len)
		return 0;
	uintptr_t id = (uintptr_t)lb_map_getn(r->string_ids, s, len);
	if (id)
		return (uint32_t)id;
	r->strings = lb_grow(r->strings, r->strings_count, &r->strings_cap, sizeof(*r->strings));
	r->strings[r->strings_count] = lb_arena_strndup(&r->arena, s, len);
	lb_map_setn(r->string_ids, s, len, (void *)r->strings_count);
	return (uint32_t)r->strings_count++;
}

static uint32_t intern_field(struct report *r, const struct csv_field *f)
{
	if (!f->escaped)
		return report_intern(r, f->p, f->len);
	const char *s = csv_text(&r->arena, f);
	return report_intern(r, s, strlen(s));
}

/* The row being read, for messages. */
struct here {
	const struct csv_file *csv;
	size_t row;
	uint32_t line;
};

static int number(const struct here *h, const char *column, const struct csv_field *f, uint64_t *out, struct lb_err *err)
{
	uint64_t n = 0;
	*out = REPORT_UNKNOWN;
	if (!f->len)
		return 0;
	for (uint32_t i = 0; i < f->len; i++) {
		unsigned digit = (unsigned char)f->p[i] - '0';
		if (digit > 9 || f->len > 19)
			return lb_fail_at(err, csv_pos(h->csv, h->row, h->line, f),
					  "\"%.*s\" in column %s; a whole number is expected, or nothing where it is unknown",
					  (int)(f->len < 40 ? f->len : 40), f->p, column);
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

const char *report_outcome_name(enum step_outcome outcome)
{
	static const char *const names[] = { "hit", "miss", "meta", "skipped", "unknown", "error", "unreached" };
	return names[outcome];
}

/* Index of the field's text in names ("a|b|c"). */
static int choice(const struct here *h, const char *column, const struct csv_field *f, const char *names, uint8_t *out, struct lb_err *err)
{
	uint8_t i = 0;
	for (const char *p = names;; i++) {
		size_t n = strcspn(p, "|");
		if (n == f->len && !memcmp(p, f->p, n)) {
			*out = i;
			return 0;
		}
		if (!p[n])
			break;
		p += n + 1;
	}
	return lb_fail_at(err, csv_pos(h->csv, h->row, h->line, f), "\"%.*s\" in column %s; one of %s is expected",
			  (int)(f->len < 40 ? f->len : 40), f->p, column, names[0] == '|' ? names + 1 : names);
}

/* Position of a column in the header row; `none` when it is not there. */
static int find_column(const struct csv_file *csv, const struct csv_field *header, const char *name, bool required, size_t *out,
		       struct lb_err *err)
{
	for (size_t i = 0; i < csv->columns; i++)
		if (header[i].len == strlen(name) && !memcmp(header[i].p, name, header[i].len)) {
			*out = i;
			return 0;
		}
	*out = SIZE_MAX;
	if (!required)
		return 0;
	return lb_fail_at(err, (struct lb_pos){ csv->name, 1, 1 }, "no column \"%s\" in the header row", name);
}

static int find_edit(struct report *r, const char *name)
{
	if (!strcmp(name, "cold"))
		return EDIT_COLD;
	for (size_t i = 0; i < r->edits_count; i++)
		if (r->edits[i].name == name)
			return (int)i;
	/* a commit of a history, which run.json does not list */
	r->edits = lb_grow(r->edits, r->edits_count, &r->edits_cap, sizeof(*r->edits));
	r->edits[r->edits_count] = (struct report_edit){ name, NAN };
	return (int)r->edits_count++;
}

static int find_variant(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->variants_count; i++)
		if (r->variants[i].name == name)
			return (int)i;
	return -1;
}

static int add_build(struct report *r, const struct here *h, const struct csv_field *fields, const size_t *at, struct lb_err *err)
{
	struct report_build b = { 0 };
	const struct csv_field *place[BT_COUNT] = { NULL };
	for (size_t i = 0; i < LB_COUNT(report_build_columns); i++) {
		const struct build_column *c = &report_build_columns[i];
		bool there = at[i] != SIZE_MAX;
		if (!c->number) {
			place[c->index] = there ? &fields[at[i]] : NULL;
			b.text[c->index] = there ? report_string(r, intern_field(r, &fields[at[i]])) : "";
			continue;
		}
		b.number[c->index] = REPORT_UNKNOWN;
		int rc = there ? number(h, c->name, &fields[at[i]], &b.number[c->index], err) : 0;
		if (rc)
			return rc;
	}
	uint8_t status;
	int rc = choice(h, "status", place[BT_STATUS], "ok|fail|skip", &status, err);
	if (rc)
		return rc;
	b.variant = find_variant(r, b.text[BT_VARIANT]);
	if (b.variant < 0)
		return lb_fail_at(err, csv_pos(h->csv, h->row, h->line, place[BT_VARIANT]), "variant \"%s\" is not in run.json",
				  b.text[BT_VARIANT]);
	b.edit = find_edit(r, b.text[BT_EDIT]);
	r->builds = lb_grow(r->builds, r->builds_count, &r->builds_cap, sizeof(*r->builds));
	r->builds[r->builds_count++] = b;
	return 0;
}

int report_load_builds(struct report *r, const char *name, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, name);
	__attribute__((cleanup(csv_close))) struct csv_file csv;
	int rc = csv_open(&csv, path, report_running(r), err);
	if (rc)
		return rc;
	struct csv_field fields[MAX_COLUMNS];
	size_t at[LB_COUNT(report_build_columns)];
	if ((rc = csv_next(&csv, fields, MAX_COLUMNS, err)) < 0)
		return rc;
	for (size_t i = 0; i < LB_COUNT(at); i++)
		if ((rc = find_column(&csv, fields, report_build_columns[i].name, report_build_columns[i].required, &at[i], err)))
			return rc;
	for (;;) {
		struct here h = { &csv, csv.at, csv.line };
		if ((rc = csv_next(&csv, fields, MAX_COLUMNS, err)) <= 0)
			return rc;
		if ((rc = add_build(r, &h, fields, at, err)))
			return rc;
	}
}

/* A digest's first 8 bytes tell the layers of one result apart. */
static uint64_t digest_id(const struct csv_field *f)
{
	if (!f->len)
		return 0;
	const char *p = f->p;
	uint32_t len = f->len;
	if (len > 7 && !memcmp(p, "sha256:", 7)) {
		p += 7;
		len -= 7;
	}
	uint64_t id = 0xcbf29ce484222325u;
	for (uint32_t i = 0; i < len && i < 24; i++)
		id = (id ^ (unsigned char)p[i]) * 0x100000001b3u;
	return id ? id : 1;
}

static int read_step(struct report *r, const struct here *h, const struct csv_field *f, struct report_step *s, struct lb_err *err)
{
	const size_t *at = r->step_columns;
	uint64_t step, line;
	uint8_t outcome, needed, stale, source = SOURCE_NONE;
	int rc;
	if ((rc = number(h, "step", &f[at[SC_STEP]], &step, err)) || (rc = number(h, "line", &f[at[SC_LINE]], &line, err)) ||
	    (rc = number(h, "layer_bytes", &f[at[SC_LAYER_BYTES]], &s->layer_bytes, err)) ||
	    (rc = number(h, "blob_bytes", &f[at[SC_BLOB_BYTES]], &s->blob_bytes, err)) ||
	    (rc = number(h, "engine_ns", &f[at[SC_ENGINE_NS]], &s->engine_ns, err)) ||
	    (rc = number(h, "run_ns", &f[at[SC_RUN_NS]], &s->run_ns, err)) ||
	    (rc = choice(h, "outcome", &f[at[SC_OUTCOME]], "hit|miss|meta|skipped|unknown|error|unreached", &outcome, err)) ||
	    (rc = choice(h, "needed", &f[at[SC_NEEDED]], "|yes|no", &needed, err)) ||
	    (rc = choice(h, "stale", &f[at[SC_STALE]], "|wrong|suspect|outdated", &stale, err)))
		return rc;
	if (at[SC_MODEL_SOURCE] != SIZE_MAX &&
	    (rc = choice(h, "model_source", &f[at[SC_MODEL_SOURCE]], "|recorded|declared|unknown", &source, err)))
		return rc;
	s->outcome = outcome & 7;
	s->needed = needed & 3;
	s->stale = stale & 3;
	s->source = source & 3;
	s->step = step == REPORT_UNKNOWN ? 0 : (uint16_t)step;
	s->line = line == REPORT_UNKNOWN ? 0 : (uint32_t)line & 0x3fffffff;
	s->trigger = f[at[SC_TRIGGER]].len != 0;
	s->diff_id = digest_id(&f[at[SC_DIFF_ID]]);
	s->blob = digest_id(&f[at[SC_BLOB_DIGEST]]);
	s->instruction = intern_field(r, &f[at[SC_INSTRUCTION]]);
	s->stage = intern_field(r, &f[at[SC_STAGE]]);
	s->reason = intern_field(r, &f[at[SC_REASON]]);
	return 0;
}

/* A build's index plus one, by the number of its id among the texts; 0: of another text. */
static uint32_t *builds_by_id(const struct report *r)
{
	uint32_t *out = lb_calloc(r->strings_count, sizeof(*out));
	for (size_t i = 0; i < r->builds_count; i++)
		out[(uintptr_t)lb_map_get(r->string_ids, r->builds[i].text[BT_ID])] = (uint32_t)(i + 1);
	return out;
}

static int by_build(const void *a, const void *b)
{
	const struct report_step *x = a, *y = b;
	if (x->build != y->build)
		return x->build < y->build ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

/* Gives each build its range of steps. Writers keep a build's rows together; merged files need not. */
static void index_steps(struct report *r)
{
	bool sorted = true;
	for (size_t i = 1; i < r->steps_count && sorted; i++)
		sorted = r->steps[i - 1].build <= r->steps[i].build;
	if (!sorted)
		qsort(r->steps, r->steps_count, sizeof(*r->steps), by_build);
	for (size_t i = 0; i < r->steps_count; i++) {
		struct report_build *b = &r->builds[r->steps[i].build];
		if (!b->steps_count++)
			b->first_step = i;
	}
}

static int step_columns_find(struct report *r, struct csv_field *fields, struct lb_err *err)
{
	int rc = csv_next(&r->steps_csv, fields, MAX_COLUMNS, err);
	for (size_t i = 0; i < SC_COUNT && rc >= 0; i++)
		rc = find_column(&r->steps_csv, fields, step_columns[i], i != SC_MODEL_SOURCE, &r->step_columns[i], err);
	return rc < 0 ? rc : 0;
}

int report_load_steps(struct report *r, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, "steps.csv");
	lb_autofree uint32_t *builds = builds_by_id(r);
	const size_t known = r->strings_count;
	struct csv_field fields[MAX_COLUMNS], *id, last = { 0 };
	uint32_t build = 0;
	int rc = csv_open(&r->steps_csv, path, report_running(r), err);
	if (rc || (rc = step_columns_find(r, fields, err)))
		return rc;
	for (;;) {
		struct here h = { &r->steps_csv, r->steps_csv.at, r->steps_csv.line };
		if ((rc = csv_next(&r->steps_csv, fields, MAX_COLUMNS, err)) <= 0)
			break;
		id = &fields[r->step_columns[SC_BUILD]];
		if (id->len != last.len || memcmp(id->p, last.p, id->len) != 0) {
			uintptr_t text = (uintptr_t)lb_map_getn(r->string_ids, id->p, id->len);
			build = text < known && (text || !id->len) ? builds[text] : 0;
			last = *id;
		}
		/* the row of a build is written behind those of its steps */
		if (!build && !report_running(r))
			return lb_fail_at(err, csv_pos(h.csv, h.row, h.line, id), "build_id \"%.*s\" is not in builds.csv",
					  (int)(id->len < 40 ? id->len : 40), id->p);
		if (!build)
			continue;
		struct report_step s = { .row = h.row, .build = build - 1 };
		if ((rc = read_step(r, &h, fields, &s, err)))
			return rc;
		r->steps = lb_grow(r->steps, r->steps_count, &r->steps_cap, sizeof(*r->steps));
		r->steps[r->steps_count++] = s;
	}
	csv_give_back(&r->steps_csv);
	index_steps(r);
	return rc;
}

int report_evidence(const struct report *r, const struct report_step *s, json_t **out, struct lb_err *err)
{
	struct csv_field fields[MAX_COLUMNS];
	*out = NULL;
	csv_reread(&r->steps_csv, s->row, fields, MAX_COLUMNS);
	const struct csv_field *f = &fields[r->step_columns[SC_EVIDENCE]];
	if (!f->len)
		return 0;
	struct lb_arena arena = { 0 };
	const char *text = csv_text(&arena, f);
	struct lb_err e;
	int rc = lb_json_parse("evidence", text, strlen(text), out, &e);
	lb_arena_release(&arena);
	if (!rc && json_is_object(*out))
		return 0;
	lb_json_cleanup(out);
	uint32_t line = 1;
	for (const char *p = r->steps_csv.data; (p = memchr(p, '\n', (size_t)(r->steps_csv.data + s->row - p))); p++)
		line++;
	return lb_fail_at(err, csv_pos(&r->steps_csv, s->row, line, f), "the evidence is not a JSON object");
}

static struct report *new_report(const char *dir)
{
	struct report *r = lb_calloc(1, sizeof(*r));
	r->dir = lb_strdup(dir);
	r->string_ids = lb_map_new(NULL);
	r->strings = lb_grow(r->strings, 0, &r->strings_cap, sizeof(*r->strings));
	r->strings[r->strings_count++] = "";
	return r;
}

/* Nothing is interned any more. */
static struct report *loaded(struct report *r)
{
	lb_map_free(r->string_ids);
	r->string_ids = NULL;
	return r;
}

static int load_alone(struct report *r, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, "alone.csv");
	if (!lb_fs_exists(AT_FDCWD, path))
		return 0;
	r->alone = new_report(r->dir);
	int rc = report_load_run(r->alone, err);
	if (!rc)
		rc = report_load_builds(r->alone, "alone.csv", err);
	loaded(r->alone);
	return rc;
}

int report_load_builds_only(const char *dir, struct report **out, struct lb_err *err)
{
	report_auto struct report *r = new_report(dir);
	int rc = report_load_run(r, err);
	if (!rc)
		rc = report_load_builds(r, "builds.csv", err);
	if (!rc)
		*out = loaded(lb_steal(&r));
	return rc;
}

int report_load(const char *dir, struct report **out, struct lb_err *err)
{
	report_auto struct report *r = new_report(dir);
	int rc = report_load_run(r, err);
	if (rc || (rc = report_load_builds(r, "builds.csv", err)) || (rc = report_load_steps(r, err)) || (rc = load_alone(r, err)) ||
	    (rc = report_load_context(r, err)))
		return rc;
	*out = loaded(lb_steal(&r));
	return 0;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	report_free(r->alone);
	csv_close(&r->steps_csv);
	json_decref(r->run);
	lb_map_free(r->string_ids);
	free(r->context ? r->context->places : NULL);
	lb_arena_release(&r->arena);
	free(r->strings);
	free(r->variants);
	free(r->edits);
	free(r->rules);
	free(r->builds);
	free(r->steps);
	free(r->dir);
	free(r);
}

void report_cleanup(struct report **r)
{
	report_free(*r);
	*r = NULL;
}
