/* SPDX-License-Identifier: Apache-2.0
 *
 * One change: a mapping whose kind is the one key that names what is done (`append: requirements.txt`), with
 * the options that this kind takes beside it. The table below is the whole grammar.
 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "scenario/load.h"
#include "scenario/paths.h"

enum subject { IN_CONTEXT, PATTERN, NAME, SOURCE, NESTED };
struct kind {
	const char *key;
	enum scn_change_kind kind;
	enum subject subject;      /* what the kind's own value is */
	const char *needs, *takes; /* words */
};
static const struct kind kinds[] = {
	{ "edit", SCN_EDIT, PATTERN, "", "time" },
	{ "write", SCN_WRITE, IN_CONTEXT, "", "text from mode time" },
	{ "append", SCN_APPEND, IN_CONTEXT, "text", "time" },
	{ "set", SCN_SET, IN_CONTEXT, "path value", "time" },
	{ "replace", SCN_REPLACE, IN_CONTEXT, "find with", "time" },
	{ "delete", SCN_DELETE, PATTERN, "", "" },
	{ "rename", SCN_RENAME, IN_CONTEXT, "to", "" },
	{ "copy", SCN_COPY, IN_CONTEXT, "to", "time" },
	{ "mkdir", SCN_MKDIR, IN_CONTEXT, "", "mode time" },
	{ "symlink", SCN_SYMLINK, IN_CONTEXT, "to", "time" },
	{ "chmod", SCN_CHMOD, PATTERN, "mode", "" },
	{ "chown", SCN_CHOWN, PATTERN, "owner", "" },
	{ "touch", SCN_TOUCH, PATTERN, "", "time" },
	{ "dockerfile", SCN_DOCKERFILE, NESTED, "", "variant" },
	{ "arg", SCN_ARG, NAME, "value", "variant" },
	{ "base", SCN_BASE, NAME, "to", "" },
	{ "world", SCN_WORLD, NAME, "", "value" },
	{ "apply", SCN_APPLY, SOURCE, "", "" },
	{ "checkout", SCN_CHECKOUT, NESTED, "", "" },
};

/* ---- options ---- */

struct raw {
	struct scn_change c;
	char *value, *find, *with, *owner, *mode, *time, *file;
	const struct scn_yaml *to;
};

static int keep_to(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	(void)l;
	((struct raw *)out)->to = value;
	return 0;
}

static const struct scn_field options[] = {
	{ "text", SCN_TEXT, offsetof(struct raw, c.text), 0, false, NULL },
	{ "from", SCN_PATH, offsetof(struct raw, file), 0, false, NULL },
	{ "path", SCN_PATH, offsetof(struct raw, c.pointer), 0, false, NULL },
	{ "value", SCN_TEXT, offsetof(struct raw, value), 0, false, NULL },
	{ "find", SCN_PATH, offsetof(struct raw, find), 0, false, NULL },
	{ "with", SCN_TEXT, offsetof(struct raw, with), 0, false, NULL },
	{ "to", SCN_CALL, 0, 0, false, keep_to },
	{ "mode", SCN_PATH, offsetof(struct raw, mode), 0, false, NULL },
	{ "owner", SCN_PATH, offsetof(struct raw, owner), 0, false, NULL },
	{ "time", SCN_PATH, offsetof(struct raw, time), 0, false, NULL },
	{ "variant", SCN_PATH, offsetof(struct raw, c.variant), 0, false, NULL },
};

/* Is word one of the words of list? */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
			return true;
	return false;
}

static int load_mode(struct scn_loader *l, const struct scn_yaml *map, struct raw *r)
{
	if (!r->mode)
		return 0;
	struct lb_pos pos = scn_yaml_get(map, "mode")->pos;
	r->c.has_mode = scn_mode_parse(r->mode, &r->c.mode);
	uint32_t unused;
	struct lb_err local;
	if (!r->c.has_mode && (r->c.kind != SCN_CHMOD || lb_chmod_apply(r->mode, false, 0644, &unused, &local) < 0))
		return lb_fail_at(l->err, pos, "mode: '%s' is neither an octal mode ('0755') nor, for chmod, a symbolic one ('u+x')",
				  r->mode);
	if (!r->c.has_mode)
		r->c.text = r->mode;
	return 0;
}

static int load_time(struct scn_loader *l, const struct scn_yaml *map, struct raw *r)
{
	if (!r->time)
		return 0;
	const struct scn_yaml *value = scn_yaml_get(map, "time");
	if (strcmp(r->time, "keep") == 0 && r->c.kind != SCN_TOUCH) {
		r->c.keep_time = true;
		return 0;
	}
	uint64_t seconds;
	if (scn_value_read(l, value, SCN_UINT, "time", &seconds) < 0 || seconds > INT64_MAX)
		return lb_fail_at(l->err, value->pos, "time: '%s' is not a number of seconds since 1970%s", r->time,
				  r->c.kind == SCN_TOUCH ? "" : ", and not keep");
	r->c.has_time = true;
	r->c.time = (int64_t)seconds;
	return 0;
}

static int load_owner(struct scn_loader *l, const struct scn_yaml *map, struct raw *r)
{
	if (!r->owner)
		return 0;
	r->c.has_owner = true;
	if (scn_owner_parse(r->owner, &r->c.uid, &r->c.gid))
		return 0;
	return lb_fail_at(l->err, scn_yaml_get(map, "owner")->pos, "owner: '%s' is not UID:GID in digits", r->owner);
}

static int load_from(struct scn_loader *l, const struct scn_yaml *map, struct raw *r)
{
	if (r->c.kind == SCN_WRITE && !r->file == !r->c.text)
		return lb_fail_at(l->err, map->pos, "write needs one of text and from");
	if (!r->file)
		return 0;
	char *data;
	size_t len;
	if (scn_load_file(l, scn_yaml_get(map, "from")->pos, r->file, "the file to write", &data, &len) < 0)
		return LB_INVALID;
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .mtime.sec = LB_CONTEXT_TIME };
	r->c.from = lb_node_new(&attr, lb_content_bytes(data, len));
	return 0;
}

static int load_to(struct scn_loader *l, struct raw *r)
{
	if (!r->to)
		return 0;
	if (r->c.kind != SCN_BASE)
		return scn_value_read(l, r->to, SCN_PATH, "to", &r->c.to);
	r->c.base = lb_arena_alloc(l->arena, sizeof(*r->c.base));
	return scn_load_base(l, r->c.path, r->to, r->c.base);
}

/* ---- kinds with a mapping of their own ---- */

struct dockerfile {
	char *replace, *with, *append, *label, *comment;
};
static const struct scn_field dockerfile_fields[] = {
	{ "replace", SCN_PATH, offsetof(struct dockerfile, replace), 0, false, NULL },
	{ "with", SCN_TEXT, offsetof(struct dockerfile, with), 0, false, NULL },
	{ "append", SCN_PATH, offsetof(struct dockerfile, append), 0, false, NULL },
	{ "label", SCN_PATH, offsetof(struct dockerfile, label), 0, false, NULL },
	{ "comment", SCN_PATH, offsetof(struct dockerfile, comment), 0, false, NULL },
};

static int load_dockerfile_change(struct scn_loader *l, const struct scn_yaml *value, struct scn_change *c)
{
	struct dockerfile d = { 0 };
	if (SCN_FIELDS_READ(l, value, "dockerfile", dockerfile_fields, &d) < 0)
		return LB_INVALID;
	if (!!d.replace + !!d.append + !!d.label + !!d.comment != 1 || !d.replace != !d.with)
		return lb_fail_at(l->err, value->pos,
				  "dockerfile: expected one of { replace: A, with: B }, { append: TEXT }, { label: K=V } and "
				  "{ comment: TEXT }");
	if (d.label && (*d.label == '=' || !strchr(d.label, '=') || d.label[strcspn(d.label, "\n\"\\")]))
		return lb_fail_at(l->err, value->pos, "label: '%s' is not NAME=VALUE without quotes, '\\' and line ends", d.label);
	c->op = d.replace ? SCN_DF_REPLACE : d.append ? SCN_DF_APPEND : d.label ? SCN_DF_LABEL : SCN_DF_COMMENT;
	c->text = d.replace ? d.replace : d.append ? d.append : d.label ? d.label : d.comment;
	c->to = d.with;
	return 0;
}

struct checkout {
	char *umask, *owner, *times;
};
static const struct scn_field checkout_fields[] = {
	{ "umask", SCN_PATH, offsetof(struct checkout, umask), 0, false, NULL },
	{ "owner", SCN_PATH, offsetof(struct checkout, owner), 0, false, NULL },
	{ "times", SCN_PATH, offsetof(struct checkout, times), 0, false, NULL },
};

static int load_checkout(struct scn_loader *l, const struct scn_yaml *value, struct scn_change *c)
{
	struct checkout o = { 0 };
	if (SCN_FIELDS_READ(l, value, "checkout", checkout_fields, &o) < 0)
		return LB_INVALID;
	if (!value->count)
		return lb_fail_at(l->err, value->pos, "checkout: expected at least one of umask, owner and times");
	c->has_umask = o.umask != NULL;
	if (o.umask && (!scn_mode_parse(o.umask, &c->umask) || c->umask > 0777))
		return lb_fail_at(l->err, scn_yaml_get(value, "umask")->pos, "umask: '%s' is not octal ('0022')", o.umask);
	c->has_owner = o.owner != NULL;
	if (o.owner && !scn_owner_parse(o.owner, &c->uid, &c->gid))
		return lb_fail_at(l->err, scn_yaml_get(value, "owner")->pos, "owner: '%s' is not UID:GID in digits", o.owner);
	c->new_times = o.times != NULL;
	if (o.times && strcmp(o.times, "new") != 0)
		return lb_fail_at(l->err, scn_yaml_get(value, "times")->pos, "times: '%s' is not 'new'", o.times);
	return 0;
}

/* A unified diff, or a folder to lay over. */
static int load_apply(struct scn_loader *l, const struct scn_yaml *value, struct scn_change *c)
{
	char *full = scn_load_path(l, c->path);
	if (!lb_fs_is_dir(AT_FDCWD, full)) {
		if (scn_load_file(l, value->pos, c->path, "a unified diff, or a folder to lay over", &c->text, NULL) < 0)
			return LB_INVALID;
		c->path = full;
		return 0;
	}
	struct lb_dir_options o = { .canonical = true };
	struct lb_digest sum;
	int rc = lb_tree_from_dir(full, &o, &c->from, l->err);
	if (rc == 0)
		rc = lb_node_digest(c->from, LB_FLAVOUR_FULL, &sum, l->err);
	if (rc == 0)
		lb_sha256_addd(&l->sum, &sum);
	return rc;
}

/* ---- a change ---- */

static const struct kind *find_kind(const struct scn_yaml *map, const struct scn_yaml **value)
{
	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		*value = scn_yaml_get(map, kinds[i].key);
		if (*value)
			return &kinds[i];
	}
	return NULL;
}

static int fail_kind(struct scn_loader *l, const struct scn_yaml *map)
{
	const char *names[LB_COUNT(kinds)];
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		names[i] = kinds[i].key;
	const struct scn_yaml *first = map->count ? map->items[0].key : NULL;
	const char *near = first ? scn_nearest(first->text, names, LB_COUNT(names)) : NULL;
	if (near)
		return lb_fail_at(l->err, first->pos, "unknown change '%s', did you mean '%s'?", first->text, near);
	lb_autobuf struct lb_buf list = { 0 };
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		lb_buf_addf(&list, " %s", names[i]);
	return lb_fail_at(l->err, first ? first->pos : map->pos, "a change is one of%s", lb_buf_str(&list));
}

static int check_options(struct scn_loader *l, const struct kind *k, const struct scn_yaml *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct scn_yaml *key = map->items[i].key;
		if (strcmp(key->text, k->key) == 0 || has_word(k->needs, key->text) || has_word(k->takes, key->text))
			continue;
		const char *near = NULL;
		const char *names[LB_COUNT(options)];
		size_t n = 0;
		for (size_t o = 0; o < LB_COUNT(options); o++)
			if (has_word(k->needs, options[o].key) || has_word(k->takes, options[o].key))
				names[n++] = options[o].key;
		near = scn_nearest(key->text, names, n);
		if (near)
			return lb_fail_at(l->err, key->pos, "unknown key '%s', did you mean '%s'?", key->text, near);
		return lb_fail_at(l->err, key->pos, "unknown key '%s' in a change '%s'; it may hold%s%s%s%s%s", key->text, k->key,
				  *k->needs ? " " : "", k->needs, *k->takes ? " " : "", k->takes, n ? "" : " nothing else");
	}
	for (size_t o = 0; o < LB_COUNT(options); o++)
		if (has_word(k->needs, options[o].key) && !scn_yaml_get(map, options[o].key))
			return lb_fail_at(l->err, map->pos, "%s needs the key '%s'", k->key, options[o].key);
	return 0;
}

static int load_subject(struct scn_loader *l, const struct kind *k, const struct scn_yaml *value, struct scn_change *c)
{
	if (k->kind == SCN_DOCKERFILE)
		return load_dockerfile_change(l, value, c);
	if (k->kind == SCN_CHECKOUT)
		return load_checkout(l, value, c);
	if (scn_value_read(l, value, SCN_PATH, k->key, &c->path) < 0)
		return LB_INVALID;
	if (k->subject == SOURCE)
		return load_apply(l, value, c);
	return k->subject == IN_CONTEXT || k->subject == PATTERN ? scn_path_inside(c->path, c->pos, l->err) : 0;
}

static int load_options(struct scn_loader *l, const struct kind *k, const struct scn_yaml *map, struct raw *r)
{
	struct scn_field fields[LB_COUNT(options) + 1];
	memcpy(fields, options, sizeof(options));
	fields[LB_COUNT(options)] = (struct scn_field){ .key = k->key, .type = SCN_LATER };
	int rc = scn_fields_read(l, map, k->key, fields, LB_COUNT(fields), r);
	if (rc == 0)
		rc = load_mode(l, map, r);
	if (rc == 0)
		rc = load_time(l, map, r);
	if (rc == 0)
		rc = load_owner(l, map, r);
	if (rc == 0)
		rc = load_to(l, r);
	if (rc == 0 && k->subject == IN_CONTEXT && k->kind != SCN_SYMLINK && r->c.to)
		rc = scn_path_inside(r->c.to, r->to->pos, l->err);
	return rc < 0 ? rc : load_from(l, map, r);
}

int scn_load_change(struct scn_loader *l, const struct scn_yaml *map, struct scn_change *out)
{
	if (scn_expect_kind(l, map, SCN_MAP, "a change") < 0)
		return LB_INVALID;
	const struct scn_yaml *value;
	const struct kind *k = find_kind(map, &value);
	if (!k)
		return fail_kind(l, map);
	struct raw r = { .c = { .kind = k->kind, .pos = value->pos } };
	int rc = check_options(l, k, map);
	if (rc == 0)
		rc = load_subject(l, k, value, &r.c);
	if (rc == 0)
		rc = load_options(l, k, map, &r);
	if (r.value)
		r.c.text = r.value;
	if (r.find) {
		r.c.text = r.find;
		r.c.to = r.with;
	}
	*out = r.c;
	return rc;
}
