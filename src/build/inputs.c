/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathers what a step's result can depend on: the files that it selects, the root file system where names are
 * looked up, what its model says.
 */
#include "build/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/ignore.h"

/* ---- where sources come from ---- */

struct origin {
	struct lb_node *tree; /* a reference; NULL: not known without carrying something out */
	struct lb_link *link; /* borrowed; NULL: the context */
	const char *where;
};

static struct lb_node *main_context(const struct build *b)
{
	struct lb_node *n = b->from_scratch ? lb_cache_unremembered(b->o->cache) : NULL;
	return lb_node_ref(n ? n : b->context);
}

static int root_of(struct build *b, struct stage_run *st, size_t upto, bool with_bytes, struct lb_node **out, struct lb_err *err)
{
	return b->from_scratch ? stale_clean_root(b, st, upto, out, err) : stage_root(b, st, upto, with_bytes, out, err);
}

static const struct lb_named_tree *named_context(const struct build *b, const char *name)
{
	for (size_t i = 0; i < b->o->contexts_count; i++)
		if (strcmp(b->o->contexts[i].name, name) == 0)
			return &b->o->contexts[i];
	return NULL;
}

static int origin_of_stage(struct build *b, int stage, bool with_bytes, const struct step_run *sr, struct origin *out, struct lb_err *err)
{
	struct stage_run *from = &b->stages[stage];
	out->link = from->link;
	out->where = lb_arena_strdup(&b->arena, "that stage");
	(void)sr;
	int rc = root_of(b, from, from->steps_count, with_bytes, &out->tree, err);
	if (rc == LB_NOT_FOUND && !with_bytes)
		return 0;
	return rc;
}

/* image: NULL for scratch. *out is the build's. */
static int image_link(struct build *b, const struct lb_base_image *image, struct lb_link **out, struct lb_err *err)
{
	struct lb_base base;
	if (image)
		base_describe(image, &base);
	int rc = lb_cache_image(b->o->cache, image ? &base : NULL, out, err);
	if (rc)
		return rc;
	b->image_links = lb_grow(b->image_links, b->image_links_count, &b->image_links_cap, sizeof(*b->image_links));
	b->image_links[b->image_links_count++] = *out;
	return 0;
}

static int origin_of_image(struct build *b, const char *name, const struct step_run *sr, struct origin *out, struct lb_err *err)
{
	bool scratch = b->shape.resolves_first && strcmp(name, "scratch") == 0;
	const struct lb_base_image *image = scratch ? NULL : b->o->find_base(b->o->find_base_arg, name, b->o->platform);
	if (!image && !scratch) {
		lb_fail_at(err, step_pos(b, sr), "no stage, context or base is called '%s'", name);
		return lb_recode(err, LB_FAILED);
	}
	struct lb_link *link;
	int rc = image_link(b, image, &link, err);
	if (rc)
		return rc;
	*out = (struct origin){ image ? lb_node_ref(image->root) : lb_tree_empty(), link, "that image" };
	return 0;
}

static int find_origin(struct build *b, const char *from, int from_stage, bool with_bytes, const struct step_run *sr, struct origin *out,
		       struct lb_err *err)
{
	*out = (struct origin){ 0 };
	if (!from) {
		*out = (struct origin){ main_context(b), NULL, "the context" };
		return 0;
	}
	if (from_stage >= 0)
		return origin_of_stage(b, from_stage, with_bytes, sr, out, err);
	const struct lb_named_tree *named = named_context(b, from);
	if (named) {
		out->where = "that context";
		return lb_cache_receive(b->o->cache, from, named->tree, &out->tree, err);
	}
	return origin_of_image(b, from, sr, out, err);
}

/* ---- COPY, ADD ---- */

static int select_from(struct build *b, struct step_run *sr, const struct origin *origin, const char *path,
		       const struct lb_ignore *excludes, struct lb_source *out, struct lb_err *err)
{
	out->written = path;
	out->from = origin->link;
	if (!origin->tree)
		return 0;
	struct selection_query q = { origin->tree, path, excludes, origin->where, true };
	return select_source(b, &q, sr, out, err);
}

/* Nothing is fetched: an image that nothing but its address is known of stands for a source on the network, so what
 * is decided by its bytes stays unknown, and it is another one when the address is. */
static int stand_in_for_remote(struct build *b, const struct step_run *sr, const char *path, struct lb_source *out, struct lb_err *err)
{
	if (b->o->mode == LB_RUN_EXEC || b->o->exec_later) {
		lb_fail_at(err, step_pos(b, sr), "%s %s: sources on the network are not fetched; put a copy into the context",
			   lb_keyword_name(sr->step->keyword), path);
		return lb_recode(err, LB_FAILED);
	}
	struct lb_base_image *image = lb_base_opaque(path);
	*out = (struct lb_source){ .written = path };
	int rc = image_link(b, image, &out->from, err);
	lb_base_image_free(image);
	return rc;
}

static int mark_archive(const struct build *b, const struct step_run *sr, struct lb_source *src, struct lb_err *err)
{
	if (sr->step->op != LB_OP_ADD || (sr->step->unpack_given && !sr->step->unpack) || src->items_count != 1)
		return 0;
	const struct lb_node *n = src->items[0].node;
	src->archive = n->attr.kind == LB_FILE && n->content && lb_archive_is(n->content);
	if (!src->archive || !b->shape.archive_by_content)
		return 0;
	int rc = lb_archive_read(n->content, &src->unpacked, err);
	return rc ? lb_wrap(err, "while unpacking %s", src->written) : 0;
}

static int gather_copy(struct build *b, struct step_run *sr, bool with_bytes, struct lb_err *err)
{
	const struct lb_step *s = sr->step;
	struct origin origin;
	int rc = find_origin(b, s->from, s->from_stage, with_bytes, sr, &origin, err);
	if (rc)
		return rc;
	lb_autoignore struct lb_ignore *excludes = NULL;
	if (s->excludes_count)
		rc = lb_ignore_compile(s->excludes, s->excludes_count, &excludes, err);
	size_t n = 0;
	for (size_t i = 0; !rc && i < s->sources_count; i++) {
		if (!s->sources[i].path)
			continue;
		if (s->sources[i].remote)
			rc = stand_in_for_remote(b, sr, s->sources[i].path, &sr->sources[n], err);
		else
			rc = select_from(b, sr, &origin, s->sources[i].path, excludes, &sr->sources[n], err);
		if (rc)
			break;
		sr->in.sources_count = n + 1;
		rc = mark_archive(b, sr, &sr->sources[n++], err);
	}
	lb_node_unref(origin.tree);
	return rc;
}

static int check_destination(const struct build *b, const struct step_run *sr, struct lb_err *err)
{
	const struct lb_step *s = sr->step;
	size_t items = s->sources_count - sr->in.sources_count;
	for (size_t i = 0; i < sr->in.sources_count; i++)
		items += sr->sources[i].items_count;
	size_t len = strlen(s->dest);
	bool slash = len && (s->dest[len - 1] == '/' || strcmp(s->dest, ".") == 0 || strcmp(s->dest, "..") == 0);
	if (items < 2 || slash || !b->shape.many_sources_need_slash)
		return 0;
	lb_fail_at(err, step_pos(b, sr), "%s of several sources: the destination '%s' must be a directory and end with a /",
		   lb_keyword_name(s->keyword), s->dest);
	return lb_recode(err, LB_FAILED);
}

/* ---- owners ---- */

/* UNSURE: what the file says depends on bytes that nobody knows. */
enum lookup { FOUND, ABSENT, UNSURE };

/* The id of a name in /etc/passwd or /etc/group (third field; of passwd the fourth too). */
static enum lookup name_in(const struct lb_node *root, const char *file, const char *name, uint32_t *id, uint32_t *group)
{
	struct lb_node *n = NULL;
	int rc = root ? lb_tree_resolve(root, file, true, &n, NULL, NULL) : LB_UNSUPPORTED;
	lb_autobuf struct lb_buf text = { 0 };
	if (rc == LB_UNSUPPORTED || (!rc && n->content && lb_content_load(n->content, &text, NULL)))
		return UNSURE;
	size_t len = strlen(name);
	for (const char *line = lb_buf_str(&text); *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned first, second = 0;
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		if (sscanf(line + len, ":%*[^:\n]:%u:%u", &first, &second) < 1)
			continue;
		*id = first;
		if (group)
			*group = second;
		return FOUND;
	}
	return ABSENT;
}

static bool is_number(const char *s, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);
	*out = (uint32_t)n;
	return *s >= '0' && *s <= '9' && !*end;
}

/* "U[:G]" against root's files; what is absent there stays 0. */
static enum lookup find_owner(const struct lb_node *root, const char *spec, uint32_t *uid, uint32_t *gid)
{
	*uid = *gid = 0;
	if (!spec || !*spec)
		return FOUND;
	size_t len = strcspn(spec, ":");
	lb_autofree char *user = lb_strndup(spec, len);
	uint32_t primary = 0;
	enum lookup found = FOUND, of_group = FOUND;
	if (is_number(user, uid))
		primary = *uid;
	else
		found = name_in(root, "/etc/passwd", user, uid, &primary);
	*gid = primary;
	if (spec[len] && spec[len + 1] && !is_number(spec + len + 1, gid))
		of_group = name_in(root, "/etc/group", spec + len + 1, gid, NULL);
	return found > of_group ? found : of_group;
}

static int gather_owner(const struct build *b, struct step_run *sr, struct lb_err *err)
{
	const struct lb_step *s = sr->step;
	const char *owner = s->op == LB_OP_WORKDIR ? s->user : s->chown;
	enum lookup found = find_owner(sr->in.root, owner, &sr->in.uid, &sr->in.gid);
	sr->in.owner_known = found != UNSURE;
	if (found != ABSENT || b->shape.unknown_owner_is_root)
		return 0;
	lb_fail_at(err, step_pos(b, sr), "%s: the owner '%s' is in neither /etc/passwd nor /etc/group", lb_keyword_name(s->keyword), owner);
	return lb_recode(err, LB_FAILED);
}

static bool needs_root(const struct build *b, const struct step_run *sr)
{
	const struct lb_step *s = sr->step;
	if (s->op == LB_OP_WORKDIR)
		return b->shape.workdir_owned_by_user && s->user && *s->user;
	return (s->op == LB_OP_COPY || s->op == LB_OP_ADD) && s->chown && *s->chown;
}

/* ---- RUN ---- */

const struct lb_model *step_model(const struct build *b, const char *text, const char *command)
{
	return lb_model_find(b->o->models, b->o->models_count, text, command ? command : "");
}

struct depend_walk {
	const struct lb_ignore *patterns;
	struct lb_sha256 *hash;
	struct lb_err *err;
};

static int add_file(struct lb_sha256 *h, const char *path, struct lb_node *n, struct lb_err *err)
{
	struct lb_digest d;
	int rc = n->content ? lb_content_digest(n->content, &d, err) : 0;
	if (rc)
		return rc;
	lb_sha256_adds(h, path);
	if (n->content)
		lb_sha256_addd(h, &d);
	else if (n->attr.target)
		lb_sha256_adds(h, n->attr.target);
	return 0;
}

static int add_if_matching(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct depend_walk *w = arg;
	if (n->attr.kind == LB_DIR || !lb_ignore_matches(w->patterns, path, len))
		return 0;
	return add_file(w->hash, path, n, w->err);
}

static int add_pattern(const struct build *b, struct lb_sha256 *h, char *pattern, struct lb_err *err)
{
	struct lb_node *n = lb_tree_get(b->o->context, pattern);
	if (n && n->attr.kind != LB_DIR)
		return add_file(h, pattern, n, err);
	lb_autoignore struct lb_ignore *patterns = NULL;
	int rc = lb_ignore_compile(&pattern, 1, &patterns, err);
	struct depend_walk w = { patterns, h, err };
	return rc ? rc : lb_tree_walk(b->o->context, add_if_matching, &w);
}

static int gather_model(const struct build *b, struct step_run *sr, struct lb_err *err)
{
	const struct lb_model *m = sr->model = sr->resolved ? sr->resolved->model : step_model(b, sr->text, sr->step->command);
	sr->in.depends_known = m && m->depends_given;
	if (!sr->in.depends_known)
		return 0;
	struct lb_sha256 all, world;
	lb_sha256_init(&all);
	lb_sha256_init(&world);
	int rc = 0;
	for (size_t i = 0; !rc && i < m->depends_count; i++) {
		if (strncmp(m->depends[i], "world:", 6) != 0) {
			rc = add_pattern(b, &all, m->depends[i], err);
			continue;
		}
		const char *fact = b->o->world.facts ? lb_pairs_get(b->o->world.facts, m->depends[i] + 6) : NULL;
		lb_sha256_adds(&world, m->depends[i]);
		lb_sha256_adds(&world, fact ? fact : "");
	}
	sr->world = lb_sha256_done(&world);
	lb_sha256_addd(&all, &sr->world);
	sr->in.depends = lb_sha256_done(&all);
	return rc;
}

static int gather_mounts(struct build *b, struct step_run *sr, bool with_bytes, struct lb_err *err)
{
	for (size_t i = 0; i < sr->step->mounts_count; i++) {
		const struct lb_mount *m = &sr->step->mounts[i];
		if (m->type != LB_MOUNT_BIND)
			continue;
		struct origin origin;
		int rc = find_origin(b, m->from, m->from_stage, with_bytes, sr, &origin, err);
		if (!rc && !m->from && b->shape.bind_sees_ignored) {
			lb_node_unref(origin.tree);
			origin.tree = lb_node_ref(b->o->context);
		}
		if (!rc)
			rc = select_from(b, sr, &origin, m->source, NULL, &sr->sources[sr->in.sources_count], err);
		lb_node_unref(origin.tree);
		if (rc)
			return rc;
		sr->in.sources_count++;
	}
	return 0;
}

/* ---- all ---- */

static void release_items(struct step_run *sr)
{
	for (size_t i = 0; i < sr->in.sources_count; i++) {
		for (size_t k = 0; k < sr->sources[i].items_count; k++)
			lb_node_unref(sr->sources[i].items[k].node);
		lb_node_unref(sr->sources[i].unpacked);
	}
	sr->in.sources_count = 0;
}

void inputs_release(struct step_run *sr)
{
	release_items(sr);
	lb_node_unref(sr->in.root);
	sr->in.root = NULL;
}

int inputs_gather(struct build *b, struct stage_run *st, struct step_run *sr, bool with_bytes, struct lb_err *err)
{
	const struct lb_step *s = sr->step;
	inputs_release(sr);
	size_t count = s->sources_count + s->mounts_count;
	sr->sources = lb_arena_alloc(&b->arena, (count + 1) * sizeof(*sr->sources));
	sr->in = (struct lb_inputs){ .step = s,
				     .before = sr->before,
				     .after = sr->after,
				     .stage = st->index,
				     .stage_name = st->plan->stage->name,
				     .index = (int)(sr - st->steps),
				     .parent = sr > st->steps ? sr[-1].decision.link : st->link,
				     .sources = sr->sources,
				     .late_workdir = b->shape.workdir_layer || (s->op != LB_OP_COPY && s->op != LB_OP_ADD) ? NULL : s->cwd,
				     .secrets = b->o->secrets,
				     .no_cache = b->o->no_cache,
				     .owner_known = true };
	int rc = 0;
	if (needs_root(b, sr)) {
		rc = root_of(b, st, (size_t)(sr - st->steps), with_bytes, &sr->in.root, err);
		if (rc && rc != LB_NOT_FOUND)
			return rc;
		rc = gather_owner(b, sr, err);
		if (rc)
			return rc;
	}
	if (s->op == LB_OP_COPY || s->op == LB_OP_ADD) {
		rc = gather_copy(b, sr, with_bytes, err);
		return rc ? rc : check_destination(b, sr, err);
	}
	if (s->op != LB_OP_RUN)
		return 0;
	rc = gather_model(b, sr, err);
	return rc ? rc : gather_mounts(b, sr, with_bytes, err);
}
