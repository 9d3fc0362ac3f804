/* SPDX-License-Identifier: Apache-2.0
 *
 * From a path to a scenario. What the path is decides the kind: a directory with scenario.yaml, or such a file,
 * is a written scenario; a directory with lbench.yaml, or with nothing but a Dockerfile, is a project, whose
 * context is the directory and whose bases are opaque unless said otherwise. All else is the same code.
 */
#include "scenario/load.h"
#include "scenario/state.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/fs.h"

enum { FILE_BYTES_MAX = 64 << 20 };

char *scn_load_path(struct scn_loader *l, const char *path)
{
	lb_autofree char *joined = lb_path_join(l->file_dir, path);
	lb_autofree char *clean = lb_path_clean(joined);
	return lb_arena_strdup(l->arena, clean);
}

static int read_regular(struct scn_loader *l, struct lb_pos pos, const char *path, const char *what, struct lb_buf *out)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return lb_fail_at(l->err, pos, "'%s' is not there; expected %s", path, what);
	if (S_ISDIR(st.st_mode))
		return lb_fail_at(l->err, pos, "'%s' is a directory; expected %s", path, what);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
		return lb_fail_at(l->err, pos, "'%s' is no regular file of at most %d MiB; expected %s", path, FILE_BYTES_MAX >> 20, what);
	struct lb_err local;
	if (lb_fs_read(AT_FDCWD, path, out, &local) < 0)
		return lb_fail_at(l->err, pos, "%s", local.text);
	return 0;
}

int scn_load_file(struct scn_loader *l, struct lb_pos pos, const char *path, const char *what, char **text, size_t *len)
{
	char *full = scn_load_path(l, path);
	lb_autobuf struct lb_buf data = { 0 };
	if (read_regular(l, pos, full, what, &data) < 0)
		return LB_INVALID;
	size_t n = data.len;
	if (!len && memchr(lb_buf_str(&data), '\0', n))
		return lb_fail_at(l->err, pos, "'%s' is not a text; expected %s", full, what);
	/* a project is the same wherever it lies and however it is named */
	const char *place = l->s->implicit ? scn_load_place(l, full) : NULL;
	lb_sha256_adds(&l->sum, place ? place : path);
	lb_sha256_addu(&l->sum, n);
	lb_sha256_add(&l->sum, lb_buf_str(&data), n);
	*text = lb_arena_strndup(l->arena, lb_buf_str(&data), n);
	if (len)
		*len = n;
	return 0;
}

static int load_workload(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	static const char *const names[] = { "each", "sequence", "mix" };
	static const unsigned flags[] = { SCN_EACH, SCN_SEQUENCE, SCN_EACH | SCN_MIX };
	bool one = value->kind != SCN_LIST;
	s->workload = 0;
	for (size_t i = 0; i < (one ? 1 : value->count); i++) {
		const struct scn_yaml *v = one ? value : value->items[i].value;
		if (scn_expect_kind(l, v, SCN_SCALAR, "workload") < 0)
			return LB_INVALID;
		unsigned flag = 0;
		for (size_t k = 0; k < LB_COUNT(names); k++)
			if (strcmp(v->text, names[k]) == 0)
				flag = flags[k];
		if (strcmp(v->text, "history") == 0)
			return lb_fail_at(l->err, v->pos,
					  "workload 'history' is not available in this version; expected each, sequence or mix");
		if (!flag)
			return lb_fail_at(l->err, v->pos, "unknown workload '%s'; expected each, sequence or mix", v->text);
		s->workload |= flag;
	}
	if (!s->workload)
		return lb_fail_at(l->err, value->pos, "workload: the list is empty; expected each, sequence or mix");
	return 0;
}

static int one_of(struct scn_loader *l, const struct scn_yaml *value, const char *key, const char *no, const char *yes, bool *out)
{
	if (scn_expect_kind(l, value, SCN_SCALAR, key) < 0)
		return LB_INVALID;
	*out = strcmp(value->text, yes) == 0;
	if (*out || strcmp(value->text, no) == 0)
		return 0;
	return lb_fail_at(l->err, value->pos, "%s: '%s' is neither %s nor %s", key, value->text, no, yes);
}

static int load_scope(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	return one_of(l, value, "scope", "variant", "scenario", &s->shared_scope);
}

static int load_metadata(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	return one_of(l, value, "metadata", "canonical", "disk", &s->disk_metadata);
}

/* One table for scenario.yaml and lbench.yaml. What others build upon comes first, whatever the file's order. */
static const struct scn_field first_fields[] = {
	{ "name", SCN_NAME, offsetof(struct scenario, name), 0, false, NULL },
	{ "description", SCN_TEXT, offsetof(struct scenario, description), 0, false, NULL },
	{ "seed", SCN_UINT, offsetof(struct scenario, seed), 0, false, NULL },
	{ "scope", SCN_CALL, 0, 0, false, load_scope },
	{ "metadata", SCN_CALL, 0, 0, false, load_metadata },
	{ "workload", SCN_CALL, 0, 0, false, load_workload },
	{ "context", SCN_LATER, 0, 0, false, NULL },
	{ "bases", SCN_CALL, 0, 0, false, scn_load_bases },
	{ "variants", SCN_LATER, 0, 0, false, NULL },
	{ "every-edit", SCN_CALL, 0, 0, false, scn_load_every_edit },
	{ "edits", SCN_LATER, 0, 0, false, NULL },
	{ "keep", SCN_LATER, 0, 0, false, NULL },
	{ "run", SCN_CALL, 0, 0, false, scn_load_models },
};

static int load_sections(struct scn_loader *l)
{
	struct scenario *s = l->s;
	if (SCN_FIELDS_READ(l, l->root, s->implicit ? "lbench.yaml" : "a scenario", first_fields, s) < 0)
		return LB_INVALID;
	const struct scn_yaml *context = scn_yaml_get(l->root, "context");
	const struct scn_yaml *variants = scn_yaml_get(l->root, "variants");
	const struct scn_yaml *edits = scn_yaml_get(l->root, "edits");
	const struct scn_yaml *keep = scn_yaml_get(l->root, "keep");
	if (!s->implicit && (!context || !variants))
		return lb_fail_at(l->err, l->root->pos, "a scenario needs the key '%s'", context ? "variants" : "context");
	int rc = scn_load_context(l, context, s);
	if (rc == 0)
		rc = variants ? scn_load_variants(l, variants, s) : scn_load_project_variants(l);
	if (rc == 0 && s->implicit)
		rc = scn_load_docker_options(l);
	if (rc == 0 && edits)
		rc = scn_load_edits(l, edits, s);
	else if (rc == 0 && s->implicit && !l->options->as_it_is)
		rc = scn_load_project_edits(l);
	if (rc == 0 && keep)
		rc = scn_load_keep(l, keep, s);
	return rc;
}

static int load_yaml(struct scn_loader *l)
{
	struct scenario *s = l->s;
	lb_autobuf struct lb_buf data = { 0 };
	struct lb_pos nowhere = { s->file, 0, 0 };
	if (l->options->project_text)
		lb_buf_adds(&data, l->options->project_text);
	else if (read_regular(l, nowhere, s->file, "a scenario in YAML", &data) < 0)
		return LB_INVALID;
	lb_sha256_add(&l->sum, lb_buf_str(&data), data.len);
	int rc = scn_yaml_parse(s->file, lb_buf_str(&data), data.len, l->arena, &l->root, l->err);
	if (rc == 0 && l->root->kind != SCN_MAP)
		return lb_fail_at(l->err, l->root->pos, "expected a mapping (name: …, context: …, variants: …), here is %s",
				  scn_yaml_kind_name(l->root));
	return rc;
}

static int load_overrides(struct scn_loader *l)
{
	const struct lb_pairs *set = l->options->set;
	for (size_t i = 0; set && i < set->count; i++) {
		const char *value = set->items[i].value ? set->items[i].value : "";
		int rc = scn_yaml_set(&l->root, set->items[i].name, value, l->arena, l->err);
		if (rc < 0)
			return rc;
		lb_sha256_adds(&l->sum, set->items[i].name);
		lb_sha256_adds(&l->sum, value);
	}
	return 0;
}

static char *default_name(struct scn_loader *l)
{
	lb_autofree char *real = realpath(l->s->dir, NULL);
	const char *base = lb_path_base(real ? real : l->s->dir);
	return lb_arena_strdup(l->arena, *base ? base : "scenario");
}

/* Sets dir, file and implicit. */
static int find_kind(struct scn_loader *l, const char *path)
{
	struct scenario *s = l->s;
	struct stat st;
	if (!*path || stat(path, &st) < 0)
		return lb_fail(l->err, LB_INVALID, "%s: not there; expected a directory with scenario.yaml, or a project with a Dockerfile",
			       path);
	lb_autofree char *dir = S_ISDIR(st.st_mode) ? lb_path_clean(path) : lb_path_dir(path);
	s->dir = lb_arena_strdup(l->arena, dir);
	l->file_dir = lb_arena_strdup(l->arena, strcmp(dir, ".") == 0 ? "" : dir);
	if (!S_ISDIR(st.st_mode)) {
		size_t len = strlen(path);
		if (len < 5 || (strcmp(path + len - 5, ".yaml") != 0 && strcmp(path + len - 4, ".yml") != 0))
			return lb_fail(l->err, LB_INVALID,
				       "%s: a file; expected a directory with scenario.yaml, or a project with a Dockerfile", path);
		s->file = lb_arena_strdup(l->arena, path);
		s->implicit = strcmp(lb_path_base(path), "lbench.yaml") == 0;
		return 0;
	}
	char *file = scn_load_path(l, "scenario.yaml");
	if (!l->options->project_text && lb_fs_exists(AT_FDCWD, file)) {
		s->file = file;
		return 0;
	}
	s->implicit = true;
	file = scn_load_path(l, "lbench.yaml");
	if (l->options->project_text || lb_fs_exists(AT_FDCWD, file))
		s->file = file;
	return 0;
}

static enum lb_keep keep_sent(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct lb_ignore *ignore = arg;
	if (!lb_ignore_matches(ignore, path, len))
		return LB_KEEP;
	return node->attr.kind == LB_DIR && lb_ignore_may_reenter(ignore, path, len) ? LB_DROP_BUT_ENTER : LB_DROP;
}

/* Of a project only what its first variant sends is read: node_modules may be large, and what nobody sends may be
 * unreadable. A file that cannot be read at all counts by its name and size; a build that needs it will say so. */
static int context_digest(struct scn_loader *l, struct lb_digest *out)
{
	struct scenario *s = l->s;
	if (!s->implicit)
		return lb_node_digest(s->context, LB_FLAVOUR_FULL, out, l->err);
	struct scn_state look_only = { .scenario = s, .context = s->context };
	lb_autoignore struct lb_ignore *ignore = NULL;
	int rc = scn_state_ignore(&look_only, 0, &ignore, l->err);
	if (rc < 0)
		return lb_recode(l->err, LB_INVALID);
	lb_autonode struct lb_node *sent = ignore ? lb_tree_filter(s->context, keep_sent, ignore, NULL, NULL) : lb_node_ref(s->context);
	struct lb_err unread;
	return lb_node_digest(sent, LB_FLAVOUR_FULL, out, &unread) == 0 ? 0 : lb_node_digest(sent, LB_FLAVOUR_SHAPE, out, l->err);
}

static int sum_up(struct scn_loader *l)
{
	struct lb_digest context = { 0 };
	int rc = l->options->as_it_is ? 0 : context_digest(l, &context);
	if (rc < 0)
		return rc;
	lb_sha256_addd(&l->sum, &context);
	l->s->digest = lb_sha256_done(&l->sum);
	return 0;
}

static int load(struct scn_loader *l, const char *path)
{
	struct scenario *s = l->s;
	int rc = find_kind(l, path);
	if (rc == 0 && s->file)
		rc = load_yaml(l);
	if (rc == 0 && !s->file) {
		l->root = lb_arena_alloc(l->arena, sizeof(*l->root));
		l->root->kind = SCN_MAP;
		l->root->pos.file = s->dir;
	}
	const struct scn_load_options *o = l->options;
	bool docker = o->dockerfiles_count || o->target || (o->build_args && o->build_args->count) || (o->contexts && o->contexts->count);
	if (rc == 0 && docker && !s->implicit)
		return lb_fail(l->err, LB_USAGE, "%s: -f, --target, --build-arg and --build-context are for project directories", path);
	if (rc == 0)
		rc = load_overrides(l);
	if (rc == 0)
		rc = load_sections(l);
	if (rc == 0 && !s->name)
		s->name = default_name(l);
	if (rc == 0)
		rc = sum_up(l);
	return rc < 0 ? rc : scn_check(l);
}

int scenario_load(const char *path, const struct scn_load_options *options, struct scenario **out, struct lb_err *err)
{
	static const struct scn_load_options none;
	struct lb_err local;
	scn_autoscenario struct scenario *s = lb_calloc(1, sizeof(*s));
	s->seed = 1;
	s->workload = SCN_EACH | SCN_MIX;
	struct scn_loader l = { .s = s, .arena = &s->arena, .options = options ? options : &none, .err = err ? err : &local };
	lb_sha256_init(&l.sum);
	int rc = load(&l, path);
	if (rc == 0)
		*out = lb_steal(&s);
	return rc;
}

static void release_changes(struct scn_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lb_node_unref(changes[i].from);
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	lb_node_unref(s->context);
	for (size_t i = 0; i < s->named_contexts_count; i++)
		lb_node_unref(s->named_contexts[i].tree);
	release_changes(s->every_edit, s->every_edit_count);
	for (size_t i = 0; i < s->edits_count; i++)
		release_changes(s->edits[i].changes, s->edits[i].changes_count);
	lb_strv_release(&s->warnings);
	lb_arena_release(&s->arena);
	free(s);
}

void scenario_cleanup(struct scenario **s)
{
	scenario_free(*s);
	*s = NULL;
}
