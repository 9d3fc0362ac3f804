/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "lbench/fs.h"
#include "scenario/load.h"

/* ---- layers ---- */

static const struct scn_field layer_fields[] = {
	{ "size", SCN_SIZE, offsetof(struct lb_base_layer_model, bytes), 0, true, NULL },
	{ "id", SCN_TEXT, offsetof(struct lb_base_layer_model, id), 0, false, NULL },
	{ "compresses-to", SCN_FRACTION, offsetof(struct lb_base_layer_model, compresses_to), 0, false, NULL },
};

static int load_layer(struct scn_loader *l, const struct scn_yaml *value, struct lb_base_layer_model *out)
{
	out->id = "";
	if (value->kind == SCN_MAP)
		return SCN_FIELDS_READ(l, value, "a layer", layer_fields, out);
	return scn_value_read(l, value, SCN_SIZE, "layers", &out->bytes);
}

static int load_layers(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	if (scn_expect_kind(l, value, SCN_LIST, "layers") < 0)
		return LB_INVALID;
	b->layers_count = value->count;
	b->layers = lb_arena_alloc(l->arena, value->count * sizeof(*b->layers) + 1);
	for (size_t i = 0; i < value->count; i++)
		if (load_layer(l, value->items[i].value, &b->layers[i]) < 0)
			return LB_INVALID;
	return 0;
}

/* ---- config ---- */

static int load_cmd(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	c->cmd_set = true;
	return scn_strings_at(l, value, "cmd", &c->cmd, &c->cmd_count);
}

static int load_entrypoint(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	c->entrypoint_set = true;
	return scn_strings_at(l, value, "entrypoint", &c->entrypoint, &c->entrypoint_count);
}

static int load_shell(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	return scn_strings_at(l, value, "shell", &c->shell, &c->shell_count);
}

static int load_onbuild(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	return scn_strings_at(l, value, "onbuild", &c->onbuild, &c->onbuild_count);
}

static int load_volumes(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	return scn_strings_at(l, value, "volumes", &c->volumes, &c->volumes_count);
}

static int load_exposed(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct lb_image_config *c = out;
	return scn_strings_at(l, value, "exposed", &c->exposed, &c->exposed_count);
}

static const struct scn_field config_fields[] = {
	{ "env", SCN_PAIRS, offsetof(struct lb_image_config, env), 0, false, NULL },
	{ "labels", SCN_PAIRS, offsetof(struct lb_image_config, labels), 0, false, NULL },
	{ "cmd", SCN_CALL, 0, 0, false, load_cmd },
	{ "entrypoint", SCN_CALL, 0, 0, false, load_entrypoint },
	{ "shell", SCN_CALL, 0, 0, false, load_shell },
	{ "onbuild", SCN_CALL, 0, 0, false, load_onbuild },
	{ "volumes", SCN_CALL, 0, 0, false, load_volumes },
	{ "exposed", SCN_CALL, 0, 0, false, load_exposed },
	{ "user", SCN_TEXT, offsetof(struct lb_image_config, user), 0, false, NULL },
	{ "workdir", SCN_TEXT, offsetof(struct lb_image_config, workdir), 0, false, NULL },
	{ "stop-signal", SCN_TEXT, offsetof(struct lb_image_config, stop_signal), 0, false, NULL },
};

/* Everything in a config has a value; only build arguments may be names alone. */
static int check_values(struct scn_loader *l, const struct scn_yaml *value, const char *key, const struct lb_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!pairs->items[i].value)
			return lb_fail_at(l->err, value->pos, "%s: '%s' has no value", key, pairs->items[i].name);
	return 0;
}

static int load_config(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	struct lb_image_config *c = &b->config;
	int rc = SCN_FIELDS_READ(l, value, "config", config_fields, c);
	if (rc == 0)
		rc = check_values(l, value, "env", &c->env);
	return rc < 0 ? rc : check_values(l, value, "labels", &c->labels);
}

/* ---- forms ---- */

static const struct scn_field model_fields[] = {
	{ "layers", SCN_CALL, 0, 0, true, load_layers },
	{ "config", SCN_CALL, 0, 0, false, load_config },
	{ "passwd", SCN_TEXT, offsetof(struct scn_base, passwd), 0, false, NULL },
	{ "group", SCN_TEXT, offsetof(struct scn_base, group), 0, false, NULL },
};

static int load_model(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	b->form = SCN_BASE_MODEL;
	return SCN_FIELDS_READ(l, value, "a base's model", model_fields, b);
}

static char *absolute(struct scn_loader *l, const char *path)
{
	lb_autofree char *real = realpath(path, NULL);
	return lb_arena_strdup(l->arena, real ? real : path);
}

static int load_place(struct scn_loader *l, const struct scn_yaml *value, struct scn_base *b, const char *key, bool is_dir)
{
	char *path = NULL;
	if (scn_value_read(l, value, SCN_PATH, key, &path) < 0)
		return LB_INVALID;
	path = scn_load_path(l, path);
	const char *what = b->form == SCN_BASE_TAR   ? "a tar archive"
			   : b->form == SCN_BASE_OCI ? "a directory with an OCI layout"
						     : "a directory with a root file system";
	if (!lb_fs_exists(AT_FDCWD, path))
		return lb_fail_at(l->err, value->pos, "%s: '%s' is not there; expected %s", key, path, what);
	if (lb_fs_is_dir(AT_FDCWD, path) != is_dir)
		return lb_fail_at(l->err, value->pos, "%s: '%s' is %s; expected %s", key, path, is_dir ? "a file" : "a directory", what);
	b->path = absolute(l, path);
	return 0;
}

static int load_dir(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	b->form = SCN_BASE_DIR;
	return load_place(l, value, b, "dir", true);
}

static int load_tar(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	b->form = SCN_BASE_TAR;
	return load_place(l, value, b, "tar", false);
}

static int load_oci(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	b->form = SCN_BASE_OCI;
	return load_place(l, value, b, "oci", true);
}

static int load_busybox(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_base *b = out;
	bool wanted = false;
	static const char *const path[] = { "PATH", "/usr/bin:/bin" };
	int rc = scn_value_read(l, value, SCN_BOOL, "busybox", &wanted);
	if (rc < 0 || !wanted)
		return rc < 0 ? rc : lb_fail_at(l->err, value->pos, "busybox: 'true' is all that it can be");
	b->form = SCN_BASE_BUSYBOX;
	b->config.env.items = lb_arena_alloc(l->arena, sizeof(*b->config.env.items));
	b->config.env.items[0] = (struct lb_pair){ path[0], path[1] };
	b->config.env.count = b->config.env.cap = 1;
	return 0;
}

static const struct scn_field form_fields[] = {
	{ "model", SCN_CALL, 0, 0, false, load_model },
	{ "dir", SCN_CALL, 0, 0, false, load_dir },
	{ "tar", SCN_CALL, 0, 0, false, load_tar },
	{ "oci", SCN_CALL, 0, 0, false, load_oci },
	{ "busybox", SCN_CALL, 0, 0, false, load_busybox },
};

int scn_load_base(struct scn_loader *l, const char *name, const struct scn_yaml *value, struct scn_base *out)
{
	*out = (struct scn_base){ .pos = value->pos };
	out->name = lb_arena_strdup(l->arena, name);
	out->config.user = out->config.workdir = out->config.stop_signal = out->config.author = "";
	if (value->kind == SCN_SCALAR && strcmp(value->text, "opaque") == 0) {
		out->form = SCN_BASE_OPAQUE;
		return 0;
	}
	if (value->kind != SCN_MAP || value->count != 1)
		return lb_fail_at(l->err, value->pos,
				  "base '%s': expected one of { model: … }, { dir: … }, { tar: … }, { oci: … }, { busybox: true } or opaque", name);
	return SCN_FIELDS_READ(l, value, "a base", form_fields, out);
}

int scn_load_bases(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	if (scn_expect_kind(l, value, SCN_MAP, "bases") < 0)
		return LB_INVALID;
	s->bases = lb_arena_alloc(l->arena, value->count * sizeof(*s->bases) + 1);
	for (size_t i = 0; i < value->count; i++) {
		if (scn_load_base(l, value->items[i].key->text, value->items[i].value, &s->bases[i]) < 0)
			return LB_INVALID;
		s->bases_count++;
	}
	return 0;
}
