/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts that a scenario is made of. The first byte chooses: a scenario file (the YAML reader and every table
 * of keys that needs no directory), a unified diff, or a `set` in one of the three formats. Every message must
 * be one line.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scenario/load.h"
#include "scenario/patch.h"
#include "scenario/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_tables(struct scn_loader *l)
{
	static const struct {
		const char *key;
		int (*read)(struct scn_loader *l, const struct scn_yaml *value, void *s);
	} tables[] = {
		{ "bases", scn_load_bases }, { "run", scn_load_models }, { "every-edit", scn_load_every_edit },
		{ "edits", scn_load_edits }, { "keep", scn_load_keep },
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && l->root->kind == SCN_MAP && i < LB_COUNT(tables); i++) {
		const struct scn_yaml *value = scn_yaml_get(l->root, tables[i].key);
		if (value)
			rc = tables[i].read(l, value, l->s);
	}
	return rc;
}

static int read_scenario(const char *text, size_t len, struct lb_err *err)
{
	/* a folder to lay over may be any on this machine */
	if (memmem(text, len, "apply", 5))
		return 0;
	scn_autoscenario struct scenario *s = lb_calloc(1, sizeof(*s));
	static const struct scn_load_options none;
	struct scn_loader l = { .s = s, .arena = &s->arena, .options = &none, .err = err };
	l.file_dir = lb_arena_strdup(l.arena, "/nowhere");
	lb_sha256_init(&l.sum);
	int rc = scn_yaml_parse("f", text, len, l.arena, &l.root, err);
	return rc < 0 ? rc : read_tables(&l);
}

/* The input is a pointer line or a patched text, a NUL, and the rest. */
static int change_text(uint8_t kind, const char *text, size_t len, struct lb_err *err)
{
	static const char *const names[] = { "a.json", "a.yaml", "a.toml" };
	lb_autofree char *first = lb_strndup(text, strnlen(text, len));
	size_t used = strlen(first) < len ? strlen(first) + 1 : len;
	lb_autobuf struct lb_buf rest = { 0 }, out = { 0 };
	lb_buf_add(&rest, text + used, len - used);
	if (kind < 3)
		return scn_set_scalar(names[kind], &rest, first, "v", &out, err);
	return scn_patch_text("p", lb_buf_str(&rest), first, &out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lb_err err = { 0 };
	if (!size)
		return 0;
	const char *text = (const char *)data + 1;
	uint8_t kind = (uint8_t)(*data - (uint8_t)48) % 5;
	int rc = kind == 4 ? read_scenario(text, size - 1, &err) : change_text(kind, text, size - 1, &err);
	assert(rc == 0 || (*err.text && !strchr(err.text, '\n')));
	return 0;
}
