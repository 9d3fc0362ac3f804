/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "verify/context.h"
#include "verify/play.h"

/* The states lie so many seconds apart, the first one as far behind the context's own time. */
enum { STATE_SECONDS = 1000 };

/* Tags stay: what a state names replaces, all else is as before. */
static void move_tags(const struct lb_pairs *before, const struct lb_pairs *given, struct lb_pairs *out)
{
	*out = (struct lb_pairs){ lb_calloc(before->count + given->count + 1, sizeof(*out->items)), 0, 0 };
	for (size_t i = 0; i < before->count; i++)
		if (!lb_pairs_get(given, before->items[i].name))
			out->items[out->count++] = before->items[i];
	for (size_t i = 0; i < given->count; i++)
		if (given->items[i].value)
			out->items[out->count++] = given->items[i];
}

static int read_dockerfile(const struct verify_context *c, struct lb_buf *out, struct lb_err *err)
{
	struct lb_node *n = NULL;
	int rc = lb_tree_resolve(c->root, "Dockerfile", true, &n, NULL, err);
	if (rc)
		return lb_recode(err, LB_INVALID);
	return n->content ? lb_content_load(n->content, out, err) : 0;
}

static int make_scene(struct verify_context *c, const struct verify_case *from, size_t i, const char **text, struct verify_scene *scene,
		      struct lb_err *err)
{
	const struct verify_state *s = &from->states[i];
	int64_t when = LB_CONTEXT_TIME + STATE_SECONDS + (int64_t)(i + 1) * STATE_SECONDS;
	int rc = 0;
	for (size_t k = 0; !rc && k < s->changes_count; k++)
		rc = verify_context_change(c, &s->changes[k], when, err);
	const char *wanted = s->dockerfile ? s->dockerfile : *text ? *text : from->dockerfile;
	if (!rc && (!*text || strcmp(*text, wanted) != 0))
		rc = verify_context_dockerfile(c, wanted, when, err);
	*text = wanted;
	if (!rc)
		rc = read_dockerfile(c, &scene->dockerfile, err);
	scene->context = lb_node_ref(c->root);
	return rc ? lb_wrap(err, "while making state '%s' of %s", s->name, from->path) : 0;
}

int verify_scenes_make(const struct verify_case *c, struct verify_scene **out, struct lb_err *err)
{
	struct verify_scene *scenes = lb_calloc(c->states_count, sizeof(*scenes));
	struct verify_context context;
	struct lb_pairs none = { 0 };
	const char *text = NULL;
	verify_context_init(&context);
	int rc = verify_context_fill(&context, c, err);
	for (size_t i = 0; !rc && i < c->states_count; i++) {
		move_tags(i ? &scenes[i - 1].bases : &none, &c->states[i].bases, &scenes[i].bases);
		rc = make_scene(&context, c, i, &text, &scenes[i], err);
	}
	verify_context_release(&context);
	if (rc) {
		verify_scenes_free(scenes, c->states_count);
		return rc;
	}
	*out = scenes;
	return 0;
}

void verify_scenes_free(struct verify_scene *s, size_t count)
{
	if (!s)
		return;
	for (size_t i = 0; i < count; i++) {
		lb_node_unref(s[i].context);
		lb_buf_release(&s[i].dockerfile);
		free(s[i].bases.items);
	}
	free(s);
}
