/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/observed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/json.h"

struct reader {
	struct verify_observed *o;
	const char *file;
	struct lb_err *err;
};

static const char *const names[] = { "hit", "miss", "none", "skip", "error", "unreached" };

const char *verify_outcome_name(enum verify_outcome o)
{
	return names[o];
}

static int bad(const struct reader *r, const char *key, const char *what)
{
	return lb_fail(r->err, LB_INVALID, "%s: %s: %s", r->file, key, what);
}

static int read_outcome(const struct reader *r, const char *key, const json_t *j, enum verify_outcome *out)
{
	for (size_t i = 0; json_is_string(j) && i < LB_COUNT(names); i++) {
		*out = (enum verify_outcome)i;
		if (strcmp(json_string_value(j), names[i]) == 0)
			return 0;
	}
	return bad(r, key, "an outcome is one of hit, miss, none, skip, error, unreached");
}

static const char *text(struct reader *r, const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return lb_arena_strdup(&r->o->arena, s ? s : "");
}

static int read_steps(struct reader *r, const char *key, const json_t *list, struct verify_seen_state *s)
{
	if (!json_is_array(list))
		return bad(r, key, "a state needs a list of steps");
	s->steps_count = json_array_size(list);
	s->steps = lb_arena_alloc(&r->o->arena, (s->steps_count + 1) * sizeof(*s->steps));
	for (size_t i = 0; i < s->steps_count; i++) {
		const json_t *j = json_array_get(list, i);
		s->steps[i].instruction = text(r, j, "instruction");
		s->steps[i].text = text(r, j, "text");
		if (read_outcome(r, key, json_object_get(j, "outcome"), &s->steps[i].outcome) < 0)
			return LB_INVALID;
	}
	return 0;
}

static int read_triggers(struct reader *r, const char *key, const json_t *list, struct verify_seen_state *s)
{
	s->triggers_count = json_array_size(list);
	s->triggers = lb_arena_alloc(&r->o->arena, (s->triggers_count + 1) * sizeof(*s->triggers));
	for (size_t i = 0; i < s->triggers_count; i++)
		if (read_outcome(r, key, json_array_get(list, i), &s->triggers[i]) < 0)
			return LB_INVALID;
	return 0;
}

static int read_entries(struct reader *r, const char *key, const json_t *layers, struct verify_seen_state *s)
{
	s->entries_given = layers != NULL;
	s->entries_count = json_array_size(layers);
	s->entries = lb_arena_alloc(&r->o->arena, (s->entries_count + 1) * sizeof(*s->entries));
	for (size_t i = 0; i < s->entries_count; i++) {
		const json_t *lines = json_array_get(layers, i);
		for (size_t k = 0; k < json_array_size(lines); k++) {
			const char *line = json_string_value(json_array_get(lines, k));
			if (!line)
				return bad(r, key, "a layer's entries are texts");
			lb_strv_add(&s->entries[i], line);
		}
	}
	return 0;
}

static int read_state(struct reader *r, const char *key, const json_t *j, struct verify_seen_state *s)
{
	const json_t *failed = json_object_get(j, "exit"), *layers = json_object_get(j, "layers");
	if (!json_is_integer(failed))
		return bad(r, key, "a state needs 'exit'");
	s->name = text(r, j, "state");
	s->failed = json_integer_value(failed) != 0;
	s->layers_given = json_is_integer(layers);
	s->layers = s->layers_given ? (size_t)json_integer_value(layers) : 0;
	int rc = read_steps(r, key, json_object_get(j, "steps"), s);
	if (!rc)
		rc = read_triggers(r, key, json_object_get(j, "triggers"), s);
	return rc ? rc : read_entries(r, key, json_object_get(j, "layer_entries"), s);
}

static int read_seen(struct reader *r, const char *key, const json_t *j, struct verify_seen *seen)
{
	const json_t *states = json_object_get(j, "states");
	if (!json_is_array(states))
		return bad(r, key, "needs a list 'states'");
	seen->key = lb_arena_strdup(&r->o->arena, key);
	seen->states_count = json_array_size(states);
	seen->states = lb_arena_alloc(&r->o->arena, (seen->states_count + 1) * sizeof(*seen->states));
	for (size_t i = 0; i < seen->states_count; i++)
		if (read_state(r, key, json_array_get(states, i), &seen->states[i]) < 0)
			return LB_INVALID;
	return 0;
}

static int read_all(struct reader *r, const json_t *root)
{
	const char *key;
	json_t *value;
	if (!json_is_object(root))
		return lb_fail(r->err, LB_INVALID, "%s: expected an object of engines", r->file);
	r->o->seen = lb_arena_alloc(&r->o->arena, (json_object_size(root) + 1) * sizeof(*r->o->seen));
	json_object_foreach((json_t *)(uintptr_t)root, key, value)
	{
		if (read_seen(r, key, value, &r->o->seen[r->o->count]) < 0)
			return LB_INVALID;
		r->o->count++;
	}
	return 0;
}

static char *observed_path(const char *case_path)
{
	size_t len = strlen(case_path);
	if (len > 5 && strcmp(case_path + len - 5, ".yaml") == 0)
		len -= 5;
	return lb_format("%.*s.observed.json", (int)len, case_path);
}

int verify_observed_load(const char *case_path, struct verify_observed **out, struct lb_err *err)
{
	lb_autofree char *path = observed_path(case_path);
	lb_autobuf struct lb_buf bytes = { 0 };
	lb_autojson json_t *root = NULL;
	struct verify_observed *o = lb_calloc(1, sizeof(*o));
	struct reader r = { o, path, err };
	int rc = lb_fs_read(AT_FDCWD, path, &bytes, err);
	if (rc == LB_NOT_FOUND)
		rc = lb_recode(err, LB_INVALID);
	if (!rc)
		rc = lb_json_parse(path, lb_buf_str(&bytes), bytes.len, &root, err);
	if (!rc)
		rc = read_all(&r, root);
	if (rc) {
		verify_observed_free(o);
		return rc;
	}
	*out = o;
	return 0;
}

static void release_entries(struct verify_seen_state *s)
{
	for (size_t i = 0; i < s->entries_count; i++)
		lb_strv_release(&s->entries[i]);
}

void verify_observed_free(struct verify_observed *o)
{
	if (!o)
		return;
	for (size_t i = 0; o->seen && i <= o->count; i++)
		for (size_t k = 0; o->seen[i].states && k < o->seen[i].states_count; k++)
			release_entries(&o->seen[i].states[k]);
	struct lb_arena arena = o->arena;
	lb_arena_release(&arena);
	free(o);
}
