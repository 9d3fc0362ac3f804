/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/mount.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lbench/fs.h"

#include "dockerfile/csv.h"
#include "dockerfile/text.h"

enum key {
	KEY_TYPE,
	KEY_FROM,
	KEY_SOURCE,
	KEY_TARGET,
	KEY_RO,
	KEY_RW,
	KEY_REQUIRED,
	KEY_SIZE,
	KEY_ID,
	KEY_SHARING,
	KEY_MODE,
	KEY_UID,
	KEY_GID,
	KEY_ENV,
	KEY_UNKNOWN
};

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "type", KEY_TYPE },
	{ "from", KEY_FROM },
	{ "source", KEY_SOURCE },
	{ "src", KEY_SOURCE },
	{ "target", KEY_TARGET },
	{ "dst", KEY_TARGET },
	{ "destination", KEY_TARGET },
	{ "readonly", KEY_RO },
	{ "ro", KEY_RO },
	{ "readwrite", KEY_RW },
	{ "rw", KEY_RW },
	{ "required", KEY_REQUIRED },
	{ "size", KEY_SIZE },
	{ "id", KEY_ID },
	{ "sharing", KEY_SHARING },
	{ "mode", KEY_MODE },
	{ "uid", KEY_UID },
	{ "gid", KEY_GID },
	{ "env", KEY_ENV },
};

static const char *const types[] = { "bind", "cache", "tmpfs", "secret", "ssh" };
static const char *const sharings[] = { "shared", "private", "locked" };

/* What the fields said, before the defaults of the type. */
struct fields {
	struct lb_arena *arena;
	struct lb_pos at;
	struct lb_err *err;
	struct lb_mount m;
	bool readonly_given, uid_given, gid_given;
};

static enum key find_key(const char *name)
{
	for (size_t i = 0; i < LB_COUNT(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return keys[i].key;
	return KEY_UNKNOWN;
}

static int find_word(const char *value, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(value, words[i]) == 0)
			return (int)i;
	return -1;
}

static int bad_word(const struct fields *f, const char *what, const char *value, const char *const *words, size_t count)
{
	const char *near = lb_text_nearest(value, words, count);
	if (near)
		return lb_fail_at(f->err, f->at, "no %s \"%s\" for a mount; did you mean %s?", what, value, near);
	lb_autobuf struct lb_buf list = { 0 };
	for (size_t i = 0; i < count; i++)
		lb_buf_addf(&list, "%s%s", i ? ", " : "", words[i]);
	return lb_fail_at(f->err, f->at, "no %s \"%s\" for a mount; one of %s is", what, value, lb_buf_str(&list));
}

static int bad_key(const struct fields *f, const char *name)
{
	const char *names[LB_COUNT(keys)];
	for (size_t i = 0; i < LB_COUNT(keys); i++)
		names[i] = keys[i].name;
	return bad_word(f, "key", name, names, LB_COUNT(keys));
}

static int wrong_type(const struct fields *f, const char *name)
{
	return lb_fail_at(f->err, f->at, "%s does not go with a mount of type %s", name, types[f->m.type]);
}

static int bad_value(const struct fields *f, const char *name, const char *value, const char *meant)
{
	return lb_fail_at(f->err, f->at, "%s=%s: %s is meant", name, value, meant);
}

static bool read_number(const char *text, int base, uint32_t *out)
{
	uint64_t n = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text >= '0' + base)
			return false;
		n = n * (unsigned)base + (unsigned)(*text - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)n;
	return true;
}

/* "64m", "1.5 GiB", "100": powers of 1024. */
static bool read_size(const char *text, uint64_t *out)
{
	static const char letters[] = "kmgtp";
	size_t digits = strspn(text, "0123456789.");
	char *end;
	if (!digits || text[0] == '.')
		return false;
	double n = strtod(text, &end);
	if (end != text + digits || digits > 32)
		return false;
	const char *p = end + (*end == ' ' && end[1]);
	const char *letter = *p ? strchr(letters, *p | 32) : NULL;
	if (letter) {
		n *= (double)(1ULL << (10 * (letter - letters + 1)));
		p++;
		p += (*p | 32) == 'i';
	}
	p += (*p | 32) == 'b';
	if (*p || n >= 9.2e18)
		return false;
	*out = (uint64_t)n;
	return true;
}

static bool may_be_required(const struct lb_mount *m)
{
	return m->type == LB_MOUNT_SECRET || m->type == LB_MOUNT_SSH;
}

/* A field without "=". */
static int set_alone(struct fields *f, enum key key, const char *name)
{
	switch (key) {
	case KEY_RO:
	case KEY_RW:
		f->m.readonly = key == KEY_RO;
		f->readonly_given = true;
		return 0;
	case KEY_REQUIRED:
		f->m.required = true;
		return may_be_required(&f->m) ? 0 : wrong_type(f, name);
	default:
		return lb_fail_at(f->err, f->at, "\"%s\" in a mount: KEY=VALUE is meant", name);
	}
}

static int set_flag(struct fields *f, enum key key, const char *name, const char *value)
{
	bool on;
	if (key == KEY_REQUIRED && !may_be_required(&f->m))
		return wrong_type(f, name);
	if (!lb_csv_bool(value, &on))
		return bad_value(f, name, value, "true or false");
	if (key == KEY_REQUIRED) {
		f->m.required = on;
		return 0;
	}
	f->m.readonly = key == KEY_RO ? on : !on;
	f->readonly_given = true;
	return 0;
}

static int set_word(struct fields *f, enum key key, const char *value)
{
	if (key == KEY_TYPE) {
		int type = find_word(value, types, LB_COUNT(types));
		if (type < 0)
			return bad_word(f, "type", value, types, LB_COUNT(types));
		f->m.type = (enum lb_mount_type)type;
		return 0;
	}
	int sharing = find_word(value, sharings, LB_COUNT(sharings));
	if (sharing < 0)
		return bad_word(f, "sharing", value, sharings, LB_COUNT(sharings));
	f->m.sharing = sharings[sharing];
	f->m.sharing_given = true;
	return 0;
}

static int set_number(struct fields *f, enum key key, const char *name, const char *value)
{
	if (key == KEY_SIZE) {
		if (f->m.type != LB_MOUNT_TMPFS)
			return wrong_type(f, name);
		return read_size(value, &f->m.size_bytes) ? 0 : bad_value(f, name, value, "a size such as 64m");
	}
	if (key == KEY_MODE) {
		f->m.mode_given = true;
		return read_number(value, 8, &f->m.mode) ? 0 : bad_value(f, name, value, "an octal number");
	}
	f->uid_given = f->uid_given || key == KEY_UID;
	f->gid_given = f->gid_given || key == KEY_GID;
	return read_number(value, 10, key == KEY_UID ? &f->m.uid : &f->m.gid) ? 0 : bad_value(f, name, value, "a number");
}

static void set_text(struct fields *f, enum key key, const char *value)
{
	const char **to = key == KEY_FROM     ? &f->m.from
			  : key == KEY_SOURCE ? &f->m.source
			  : key == KEY_TARGET ? &f->m.target
			  : key == KEY_ID     ? &f->m.id
					      : &f->m.env;
	*to = lb_arena_strdup(f->arena, value);
}

static int set_field(struct fields *f, const char *name, const char *value)
{
	enum key key = find_key(name);
	switch (key) {
	case KEY_TYPE:
	case KEY_SHARING:
		return set_word(f, key, value);
	case KEY_RO:
	case KEY_RW:
	case KEY_REQUIRED:
		return set_flag(f, key, name, value);
	case KEY_SIZE:
	case KEY_MODE:
	case KEY_UID:
	case KEY_GID:
		return set_number(f, key, name, value);
	case KEY_UNKNOWN:
		return bad_key(f, name);
	default:
		set_text(f, key, value);
		return 0;
	}
}

static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

static int check_secret(const struct fields *f)
{
	const struct lb_mount *m = &f->m;
	if (given(m->from))
		return wrong_type(f, "from");
	if (m->sharing_given)
		return wrong_type(f, "sharing");
	if (!given(m->source) && !given(m->target) && !given(m->id))
		return lb_fail_at(f->err, f->at, "a secret mount needs id, source or target");
	if (given(m->source) && given(m->id))
		return lb_fail_at(f->err, f->at, "a secret mount takes id or source, not both");
	return 0;
}

static int check_fields(const struct fields *f)
{
	const struct lb_mount *m = &f->m;
	bool owned = m->type == LB_MOUNT_CACHE || may_be_required(m);
	if (!owned && m->mode_given)
		return wrong_type(f, "mode");
	if (!owned && f->uid_given)
		return wrong_type(f, "uid");
	if (!owned && f->gid_given)
		return wrong_type(f, "gid");
	if (m->type == LB_MOUNT_SECRET)
		return check_secret(f);
	if (m->sharing_given && m->type != LB_MOUNT_CACHE)
		return wrong_type(f, "sharing");
	if (m->type == LB_MOUNT_SSH && given(m->source))
		return wrong_type(f, "source");
	if (m->env)
		return wrong_type(f, "env");
	return 0;
}

static const char *clean(struct lb_arena *arena, const char *path)
{
	lb_autofree char *cleaned = lb_path_clean(path);
	return lb_arena_strdup(arena, cleaned);
}

static const char *last_part(struct lb_arena *arena, const char *path)
{
	return lb_path_base(clean(arena, path));
}

static const char *joined(struct lb_arena *arena, const char *head, const char *tail)
{
	lb_autofree char *text = lb_format("%s%s", head, tail);
	return lb_arena_strdup(arena, text);
}

static void secret_defaults(struct fields *f)
{
	struct lb_mount *m = &f->m;
	m->id_given = given(m->id) != NULL;
	m->id = given(m->source) ? m->source : given(m->id) ? m->id : last_part(f->arena, m->target);
	m->source = given(m->source) ? m->source : "";
	if (!given(m->target))
		m->target = m->env ? "" : joined(f->arena, "/run/secrets/", last_part(f->arena, m->id));
	m->mode = m->mode_given ? m->mode : 0400;
}

static void ssh_defaults(struct fields *f)
{
	struct lb_mount *m = &f->m;
	m->id_given = given(m->id) != NULL;
	m->id = m->id_given ? m->id : "default";
	m->target = given(m->target) ? m->target : "/run/buildkit/ssh_agent.0";
	m->source = "";
	m->mode = m->mode_given ? m->mode : 0600;
}

static void set_defaults(struct fields *f)
{
	struct lb_mount *m = &f->m;
	if (!f->readonly_given)
		m->readonly = m->type != LB_MOUNT_CACHE && m->type != LB_MOUNT_TMPFS;
	m->from = given(m->from);
	m->from_stage = -1;
	if (m->type == LB_MOUNT_SECRET) {
		secret_defaults(f);
		return;
	}
	if (m->type == LB_MOUNT_SSH) {
		ssh_defaults(f);
		return;
	}
	m->target = m->target ? m->target : "";
	m->source = clean(f->arena, joined(f->arena, "/", m->source ? m->source : ""));
	m->id_given = given(m->id) != NULL;
	if (m->type == LB_MOUNT_CACHE) {
		m->id = m->id_given ? m->id : clean(f->arena, m->target);
		m->sharing = m->sharing_given ? m->sharing : "shared";
		m->mode = m->mode_given ? m->mode : 0755;
	}
}

static int expand_value(const struct fields *f, const struct lb_words *words, char **value)
{
	lb_autofree char *expanded = NULL;
	struct lb_err why;
	if (!words || !*value)
		return 0;
	int rc = lb_words_expand(words, *value, &expanded, NULL, &why);
	if (rc < 0) {
		lb_fail_at(f->err, f->at, "%s", why.text);
		return lb_recode(f->err, rc);
	}
	*value = lb_arena_strdup(f->arena, expanded);
	return 0;
}

static int read_fields(struct fields *f, const char *value, const struct lb_words *words)
{
	char **items;
	size_t count;
	const char *why = lb_csv_fields(f->arena, value, &items, &count);
	if (why)
		return lb_fail_at(f->err, f->at, "--mount=%s is not CSV: %s", value, why);
	for (size_t i = 0; i < count; i++) {
		char *text = lb_csv_cut(items[i]);
		int rc = expand_value(f, words, &text);
		if (rc == 0)
			rc = text ? set_field(f, items[i], text) : set_alone(f, find_key(items[i]), items[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int lb_mount_expand(struct lb_arena *arena, const char *value, const struct lb_words *words, struct lb_pos at, struct lb_mount *out,
		    struct lb_err *err)
{
	struct fields f = { .arena = arena, .at = at, .err = err, .m = { .type = LB_MOUNT_BIND } };
	int rc = read_fields(&f, value, words);
	if (rc == 0)
		rc = check_fields(&f);
	if (rc < 0)
		return rc;
	set_defaults(&f);
	*out = f.m;
	return 0;
}

int lb_mount_parse(struct lb_arena *arena, const char *value, struct lb_pos at, struct lb_mount *out, struct lb_err *err)
{
	return lb_mount_expand(arena, value, NULL, at, out, err);
}

int lb_mount_check(const char *value, struct lb_pos at, struct lb_err *err)
{
	__attribute__((cleanup(lb_arena_release))) struct lb_arena scratch = { 0 };
	char **items;
	size_t count;
	const char *why = lb_csv_fields(&scratch, value, &items, &count);
	if (why)
		return lb_fail_at(err, at, "--mount=%s is not CSV: %s", value, why);
	for (size_t i = 0; i < count; i++) {
		char *text = lb_csv_cut(items[i]);
		const char *dollar = text ? strchr(text, '$') : NULL;
		if (dollar && dollar[1] && strcmp(items[i], "from") == 0)
			return lb_fail_at(err, at, "no variables in a mount's from; give the image a name with FROM %s AS NAME", text);
	}
	return 0;
}
