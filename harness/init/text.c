/* SPDX-License-Identifier: Apache-2.0
 *
 * The file: what is measured, and beside each key what it is for.
 */
#include "init/init.h"

#include <string.h>
#include <time.h>

#include "lbench/fs.h"
#include "scenario/paths.h"

enum { KEEP_MAX = 4, MATCH_COLUMNS = 48, UNKNOWN_MAX = 12 };

static void add_day(int64_t seconds, struct lb_buf *out)
{
	struct tm tm;
	time_t t = (time_t)seconds;
	char text[16];
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	lb_buf_adds(out, text);
}

/* In a comment a text has one line. */
static void add_comment_text(const char *text, struct lb_buf *out)
{
	for (const char *p = text; *p; p++)
		lb_buf_addc(out, (unsigned char)*p < ' ' ? ' ' : *p);
}

/* ---- variants ---- */

static void add_variants(struct init *in)
{
	struct lb_buf *out = &in->text;
	for (size_t i = 0; i < in->left_out.count; i++) {
		lb_buf_adds(out, "# Left out: ");
		add_comment_text(in->left_out.items[i], out);
		lb_buf_adds(out, "\n");
	}
	const struct init_dockerfile *first = &in->dockerfiles[0];
	if (in->dockerfiles_count == 1 && strcmp(first->path, "Dockerfile") == 0 && !first->ignore) {
		lb_buf_adds(
			out,
			"# The Dockerfile beside this file is what is built. To compare it with another way to write it:\n"
			"#variants:\n#  - { name: now, dockerfile: Dockerfile }\n#  - { name: better, dockerfile: Dockerfile.better }\n\n");
		return;
	}
	lb_buf_adds(out, "# What is built: one row a Dockerfile, with `args: { NAME: value }` and `target: STAGE` where it needs them.\n");
	if (in->dockerfiles_count > 1)
		lb_buf_adds(out, "# Rows with the same `image` are ways to write one image, and compared with each other.\n");
	lb_buf_adds(out, "variants:\n");
	for (size_t i = 0; i < in->dockerfiles_count; i++) {
		const struct init_dockerfile *d = &in->dockerfiles[i];
		lb_buf_adds(out, "  - { name: ");
		catalog_yaml_text(d->name, out);
		lb_buf_adds(out, ", dockerfile: ");
		catalog_yaml_text(d->path, out);
		if (in->dockerfiles_count > 1) {
			lb_buf_adds(out, ", image: ");
			catalog_yaml_text(d->name, out);
		}
		if (d->ignore) {
			lb_buf_adds(out, ", ignore: ");
			catalog_yaml_text(d->ignore, out);
		}
		lb_buf_adds(out, " }\n");
	}
	lb_buf_adds(out, "\n");
}

/* ---- edits ---- */

/* Do all files that the pattern names belong to this kind, and is each sent or ignored as the chosen one is? */
static bool stands_for(const struct init *in, const struct lb_node *sent, const char *pattern, enum init_class kind)
{
	lb_autostrv struct lb_strv paths = { 0 };
	bool is_sent = lb_tree_get(sent, in->chosen[kind]) != NULL;
	scn_glob_list(in->context, pattern, true, &paths);
	for (size_t i = 0; i < paths.count; i++)
		if (init_classify(paths.items[i]) != kind || (lb_tree_get(sent, paths.items[i]) != NULL) != is_sent)
			return false;
	return paths.count > 1;
}

/* A pattern survives a rename; a path does where only one file is meant. The caller's. */
static char *change_path(const struct init *in, const struct lb_node *sent, enum init_class kind)
{
	const char *path = in->chosen[kind], *slash = strchr(path, '/'), *dot = strrchr(lb_path_base(path), '.');
	if ((kind != INIT_SOURCE && kind != INIT_TESTS && kind != INIT_DOCS) || !dot || dot == lb_path_base(path) || !slash)
		return lb_strdup(path);
	lb_autofree char *wide = lb_format("%.*s/**/*%s", (int)(slash - path), path, dot);
	lb_autofree char *dir = lb_path_dir(path);
	lb_autofree char *narrow = lb_format("%s/*%s", dir, dot);
	if (stands_for(in, sent, wide, kind))
		return lb_steal(&wide);
	return stands_for(in, sent, narrow, kind) ? lb_steal(&narrow) : lb_strdup(path);
}

static void add_change(const struct init *in, const struct lb_node *sent, enum init_class kind, struct lb_buf *out)
{
	if (kind == INIT_DOCKERFILE) {
		lb_buf_adds(out, "{ dockerfile: { comment: \"reviewed {{seq}}\" } }");
		return;
	}
	lb_autofree char *path = change_path(in, sent, kind);
	catalog_yaml_text(path, out);
}

static void add_edit_name(const struct init_edit *e, struct lb_buf *out)
{
	bool first = true;
	for (unsigned k = 0; k < INIT_CLASSES; k++) {
		if (!(e->kinds & 1u << k))
			continue;
		lb_buf_addf(out, "%s%s", first ? "" : "+", init_class_name(k));
		first = false;
	}
}

static void add_edit(const struct init *in, const struct lb_node *sent, const struct init_edit *e, struct lb_buf *out)
{
	bool first = true;
	lb_buf_adds(out, "  ");
	add_edit_name(e, out);
	lb_buf_adds(out, ":\n");
	if (e->weight > 0)
		lb_buf_addf(out, "    weight: %.0f\n", e->weight);
	lb_buf_adds(out, "    changes: [");
	for (unsigned k = 0; k < INIT_CLASSES; k++) {
		if (!(e->kinds & 1u << k))
			continue;
		lb_buf_adds(out, first ? "" : ", ");
		add_change(in, sent, k, out);
		first = false;
	}
	lb_buf_adds(out, "]\n");
}

static void add_weights_source(const struct init *in, struct lb_buf *out)
{
	const struct history *h = in->history;
	lb_buf_adds(
		out,
		"# What changes between two builds. Each edit makes a valid change to one such file, by its type, a new one each time.\n");
	if (!in->counted) {
		lb_buf_addf(out, "# The weights are ASSUMED (%s): set them to what your commits touch.\n",
			    !h ? "no git history here" : "too few commits to count");
		return;
	}
	lb_buf_addf(
		out,
		"# Weights are commits: each of %zu counts once, by the kinds of files that it touches together. Counted from\n# %.12s (",
		h->commits_count, h->head);
	add_day(h->newest, out);
	lb_buf_addf(out, ") back to %s", "");
	add_day(h->oldest, out);
	lb_buf_addf(out, ", %s of the main line's %zu%s commits", h->commits_count == h->examined ? "all" : "those", h->examined,
		    h->complete ? "" : " newest");
	lb_buf_adds(out, h->commits_count == h->examined ? ".\n" : " that change something here.\n");
	lb_buf_adds(out, "# They are written down, so that two runs stay comparable; `lbench init --out FILE` counts anew.\n");
	if (in->rare_commits)
		lb_buf_addf(out, "# %zu commit%s of rarer kinds %s left out.\n", in->rare_commits, in->rare_commits == 1 ? "" : "s",
			    in->rare_commits == 1 ? "is" : "are");
}

static void add_edits(struct init *in)
{
	struct lb_buf *out = &in->text;
	lb_autonode struct lb_node *sent = NULL;
	if (init_sent(in, in->dockerfiles[0].ignore, &sent, NULL))
		sent = lb_node_ref(in->context);
	if (lb_node_is_dir(lb_tree_get(sent, ".git")))
		lb_buf_adds(out, "# .git is part of the context, and every commit changes it: so does every edit here. To be removed once "
				 ".dockerignore\n"
				 "# has .git.\nevery-edit: [{ write: .git/lbench-commit, text: \"{{seq}}\" }]\n\n");
	add_weights_source(in, out);
	lb_buf_adds(out, "edits:\n");
	bool dockerfile = false;
	for (size_t i = 0; i < in->edits_count; i++) {
		const struct init_edit *e = &in->edits[i];
		if (e->weight == 0 && (!i || in->edits[i - 1].weight > 0))
			lb_buf_adds(out, "  # without a weight: in the table, not in the mean\n");
		if (e->kinds & 1u << INIT_DOCKERFILE && !dockerfile) {
			lb_buf_adds(out, "  # which line of a Dockerfile changes is not counted; better: { dockerfile: { replace: curl, "
					 "with: curl git } }\n");
			dockerfile = true;
		}
		add_edit(in, sent, e, out);
	}
	lb_buf_adds(out, "  # the same commit on another machine: another umask, owner and clock. Without a weight\n"
			 "  ci-checkout:\n    changes: [{ checkout: { umask: \"0002\", owner: \"1000:1000\", times: new } }]\n"
			 "# Also: append, replace, set (one value of JSON, YAML or TOML), delete, rename, arg, base, world, …\n\n");
}

/* ---- keep ---- */

static bool depends_on(const struct lb_model *m, const char *path)
{
	for (size_t i = 0; i < m->depends_count; i++) {
		lb_autoignore struct lb_ignore *one = NULL;
		if (strncmp(m->depends[i], "world:", 6) == 0)
			continue;
		if (strcmp(m->depends[i], path) == 0 ||
		    (!lb_ignore_compile(&m->depends[i], 1, &one, NULL) && lb_ignore_matches(one, path, strlen(path))))
			return true;
	}
	return false;
}

/* The beginning of a RUN as a pattern, cut between words. */
static char *short_match(const char *match)
{
	size_t n = strlen(match);
	if (n <= MATCH_COLUMNS)
		return lb_strdup(match);
	n = MATCH_COLUMNS;
	while (n > 12 && match[n] != ' ' && match[n] != '*')
		n--;
	return lb_format("%.*s*", (int)n, match);
}

static bool add_keep(const struct init *in, enum init_class kind, struct lb_buf *out)
{
	size_t found = 0;
	for (size_t i = 0; in->chosen[kind] && i < in->dockerfiles_count && found < KEEP_MAX; i++) {
		const struct catalog *c = in->dockerfiles[i].catalog;
		for (size_t k = 0; k < c->count && found < KEEP_MAX; k++) {
			const struct catalog_run *r = &c->runs[k];
			if (!r->known || r->model.cold_ns < 1000000000 || depends_on(&r->model, in->chosen[kind]))
				continue;
			lb_autofree char *match = short_match(r->model.match);
			if (found++)
				lb_buf_adds(out, ", ");
			else
				lb_buf_addf(out, "#  %s: [", init_class_name(kind));
			catalog_yaml_text(match, out);
		}
	}
	if (found)
		lb_buf_adds(out, "]\n");
	return found;
}

static bool has_edit(const struct init *in, enum init_class kind)
{
	for (size_t i = 0; i < in->edits_count; i++)
		if (in->edits[i].kinds == 1u << kind)
			return true;
	return false;
}

static void add_keeps(struct init *in)
{
	static const enum init_class kinds[] = { INIT_SOURCE, INIT_TESTS, INIT_DOCS, INIT_CI };
	lb_autobuf struct lb_buf rows = { 0 };
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		if (has_edit(in, kinds[i]))
			add_keep(in, kinds[i], &rows);
	if (!rows.len)
		return;
	lb_buf_addf(&in->text,
		    "# What must stay cached after such an edit, in every variant: by what is known below none of these RUNs depends on "
		    "the file.\n"
		    "# Remove the '#': a broken one is exit 1, here and in CI.\n#keep:\n%s\n",
		    lb_buf_str(&rows));
}

/* ---- models ---- */

static bool seen_before(const struct init *in, size_t file, size_t run)
{
	const char *match = in->dockerfiles[file].catalog->runs[run].model.match;
	for (size_t i = 0; i <= file; i++) {
		const struct catalog *c = in->dockerfiles[i].catalog;
		for (size_t k = 0; k < (i == file ? run : c->count); k++)
			if (c->runs[k].known && strcmp(c->runs[k].model.match, match) == 0)
				return true;
	}
	return false;
}

static void add_unknown(struct init *in)
{
	struct lb_buf *out = &in->text;
	if (!in->unknown.count)
		return;
	lb_buf_adds(out, "  # Not known, so their seconds and bytes are printed as '?':\n");
	for (size_t i = 0; i < in->unknown.count && i < UNKNOWN_MAX; i++) {
		lb_buf_adds(out, "  #   ");
		add_comment_text(in->unknown.items[i], out);
		lb_buf_adds(out, "\n");
	}
	if (in->unknown.count > UNKNOWN_MAX)
		lb_buf_addf(out, "  #   and %zu more\n", in->unknown.count - UNKNOWN_MAX);
	lb_buf_adds(out, "  # Say what they are (the first `match` that fits a RUN's text counts; '*' and '?' are wild):\n"
			 "#  - match: \"RUN ./build.sh*\"\n#    depends-on: [src, build.sh]\n#    takes: 20s\n"
			 "#    writes: [{ path: /app/dist, files: 100, bytes: 9MiB, compresses-to: 0.4 }]\n");
}

static void add_rules(struct init *in)
{
	struct lb_buf *out = &in->text;
	if (!in->runs)
		return;
	lb_buf_adds(out, "# What RUNs depend on, take and write: DECLARED from a catalogue of typical values, measured nowhere. "
			 "`depends-on` decides what\n"
			 "# is called wasted, so look at it first; put in your own seconds (`takes`) where you know them.\n");
	lb_buf_adds(out, in->runs_known ? "run:\n" : "#run:\n");
	for (size_t i = 0; i < in->dockerfiles_count; i++)
		for (size_t k = 0; k < in->dockerfiles[i].catalog->count; k++)
			if (in->dockerfiles[i].catalog->runs[k].known && !seen_before(in, i, k))
				catalog_yaml(&in->dockerfiles[i].catalog->runs[k], out);
	add_unknown(in);
}

/* ---- bases ---- */

static void add_bases(struct init *in)
{
	lb_autostrv struct lb_strv names = { 0 };
	struct lb_buf *out = &in->text;
	for (size_t i = 0; i < in->dockerfiles_count; i++) {
		const struct lb_build_plan *plan = in->dockerfiles[i].plan;
		for (size_t k = 0; k < plan->stages_count; k++)
			if (plan->stages[k].needed && plan->stages[k].base_stage < 0 && strcmp(plan->stages[k].base, "scratch") != 0 &&
			    !lb_strv_has(&names, plan->stages[k].base))
				lb_strv_add(&names, plan->stages[k].base);
	}
	if (!names.count)
		return;
	lb_buf_adds(out, "\n# Bases are names here and nothing else: a part of the bytes is unknown then. An OCI layout or a tarball says "
			 "all, e.g. of\n"
			 "# `skopeo copy docker://NAME oci:DIR`:\n#bases:\n");
	for (size_t i = 0; i < names.count; i++) {
		lb_autobuf struct lb_buf name = { 0 };
		catalog_yaml_text(names.items[i], &name);
		lb_buf_adds(out, "#  ");
		add_comment_text(lb_buf_str(&name), out);
		lb_buf_adds(out, ": { oci: DIR }\n");
	}
}

void init_write_text(struct init *in)
{
	struct lb_buf *out = &in->text;
	lb_buf_adds(
		out,
		"# What `lbench run` measures of this project: what a commit costs, and which line of the Dockerfile re-runs for nothing.\n"
		"# A first proposal, yours to edit: nothing overwrites it. All keys: `scenarios/README.md` of lbench.\n\n");
	add_variants(in);
	add_edits(in);
	add_keeps(in);
	add_rules(in);
	add_bases(in);
}
