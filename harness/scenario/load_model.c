/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "lbench/fs.h"
#include "scenario/load.h"

#define DEFAULT_COMPRESSES_TO 0.4

/* ---- writes ---- */

struct write {
	struct lb_model_write w;
	bool has_files, has_bytes;
	char *mode;
};

static const struct scn_field write_fields[] = {
	{ "path", SCN_PATH, offsetof(struct write, w.path), 0, true, NULL },
	{ "files", SCN_UINT, offsetof(struct write, w.files), offsetof(struct write, has_files), false, NULL },
	{ "bytes", SCN_SIZE, offsetof(struct write, w.bytes), offsetof(struct write, has_bytes), false, NULL },
	{ "compresses-to", SCN_FRACTION, offsetof(struct write, w.compresses_to), 0, false, NULL },
	{ "mode", SCN_TEXT, offsetof(struct write, mode), 0, false, NULL },
	{ "text", SCN_TEXT, offsetof(struct write, w.text), 0, false, NULL },
	{ "delete", SCN_BOOL, offsetof(struct write, w.remove), 0, false, NULL },
};

static int check_write(struct scn_loader *l, const struct scn_yaml *value, struct write *w)
{
	int forms = w->has_bytes + (w->w.text != NULL) + w->w.remove;
	if (forms != 1)
		return lb_fail_at(l->err, value->pos, "a write has exactly one of bytes, text and delete: true");
	if (*w->w.path != '/')
		return lb_fail_at(l->err, value->pos, "path: '%s' must begin with '/'", w->w.path);
	if (w->has_files && !w->has_bytes)
		return lb_fail_at(l->err, value->pos, "files: goes with bytes only");
	if (w->has_files && (!w->w.files || w->w.files > 10000000))
		return lb_fail_at(l->err, value->pos, "files: out of range; expected 1 to 10000000");
	if (w->mode && !scn_mode_parse(w->mode, &w->w.mode))
		return lb_fail_at(l->err, value->pos, "mode: '%s' is not an octal mode", w->mode);
	lb_autofree char *clean = lb_path_clean(w->w.path);
	if (strcmp(clean, "/") == 0 && (!w->has_files || w->w.remove))
		return lb_fail_at(l->err, value->pos, "path: '/' is no file");
	w->w.path = lb_arena_strdup(l->arena, clean);
	w->w.single = !w->has_files;
	if (w->w.single)
		w->w.files = 1;
	return 0;
}

static int load_writes(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_model *m = out;
	if (scn_expect_kind(l, value, SCN_LIST, "writes") < 0)
		return LB_INVALID;
	m->writes = lb_arena_alloc(l->arena, value->count * sizeof(*m->writes) + 1);
	m->writes_given = true;
	for (size_t i = 0; i < value->count; i++) {
		struct write w = { .w.compresses_to = DEFAULT_COMPRESSES_TO };
		const struct scn_yaml *v = value->items[i].value;
		if (SCN_FIELDS_READ(l, v, "a write", write_fields, &w) < 0 || check_write(l, v, &w) < 0)
			return LB_INVALID;
		m->writes[m->writes_count++] = w.w;
	}
	return 0;
}

/* ---- the rest ---- */

static const struct scn_field takes_fields[] = {
	{ "cold", SCN_DURATION, offsetof(struct lb_model, cold_ns), offsetof(struct lb_model, has_seconds), true, NULL },
	{ "warm-mount", SCN_DURATION, offsetof(struct lb_model, warm_mount_ns), offsetof(struct lb_model, has_warm), false, NULL },
};

static int load_takes(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_model *m = out;
	if (value->kind == SCN_MAP)
		return SCN_FIELDS_READ(l, value, "takes", takes_fields, m);
	m->has_seconds = true;
	return scn_value_read(l, value, SCN_DURATION, "takes", &m->cold_ns);
}

/* What depends-on names is looked up in the context at each build, where a file may well be missing; only what
 * could never be there is wrong. */
static int load_depends(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_model *m = out;
	m->depends_given = true;
	if (scn_expect_kind(l, value, SCN_LIST, "depends-on") < 0)
		return LB_INVALID;
	if (scn_strings_at(l, value, "depends-on", &m->depends, &m->depends_count) < 0)
		return LB_INVALID;
	for (size_t i = 0; i < m->depends_count; i++) {
		const char *d = m->depends[i];
		if (!*d || *d == '/' || strcmp(d, "world:") == 0 || strcmp(d, "..") == 0 || strncmp(d, "../", 3) == 0)
			return lb_fail_at(l->err, value->items[i].value->pos,
					  "depends-on: '%s' is neither a path in the context nor world:NAME", d);
	}
	return 0;
}

static int load_source(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_model *m = out;
	if (scn_expect_kind(l, value, SCN_SCALAR, "source") < 0)
		return LB_INVALID;
	m->source = strcmp(value->text, "recorded") == 0 ? LB_MODEL_RECORDED : LB_MODEL_DECLARED;
	if (m->source == LB_MODEL_DECLARED && strcmp(value->text, "declared") != 0)
		return lb_fail_at(l->err, value->pos, "source: '%s' is neither declared nor recorded", value->text);
	return 0;
}

static const struct scn_field model_fields[] = {
	{ "match", SCN_PATH, offsetof(struct lb_model, match), 0, true, NULL },
	{ "depends-on", SCN_CALL, 0, 0, false, load_depends },
	{ "takes", SCN_CALL, 0, 0, false, load_takes },
	{ "writes", SCN_CALL, 0, 0, false, load_writes },
	{ "reproducible", SCN_BOOL, offsetof(struct lb_model, reproducible), 0, false, NULL },
	{ "source", SCN_CALL, 0, 0, false, load_source },
};

int scn_load_models(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	if (scn_expect_kind(l, value, SCN_LIST, "run") < 0)
		return LB_INVALID;
	s->models = lb_arena_alloc(l->arena, value->count * sizeof(*s->models) + 1);
	s->models_pos = lb_arena_alloc(l->arena, value->count * sizeof(*s->models_pos) + 1);
	for (size_t i = 0; i < value->count; i++) {
		const struct scn_yaml *v = value->items[i].value;
		struct lb_model *m = &s->models[i];
		m->source = LB_MODEL_DECLARED;
		if (SCN_FIELDS_READ(l, v, "a rule of run", model_fields, m) < 0)
			return LB_INVALID;
		s->models_pos[i] = scn_yaml_get(v, "match")->pos;
		s->models_count++;
	}
	return 0;
}
