/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/case.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/tree.h"
#include "scenario/fields.h"

/* ---- files ---- */

/* The keys of a file and of a change, as they stand. */
struct raw {
	char *text, *mode, *owner, *symlink, *hardlink, *compress;
	uint64_t bytes, seed, tar_mtime, mtime;
	bool has_bytes, has_tar, has_tar_mtime, has_mtime, has_xattr, dir;
	struct lb_pairs xattr, tar;
	char *verb[VERIFY_MKDIR + 1]; /* the path that each kind of change names */
	char *to;
};

#define FILE_FIELDS \
	{ "text", SCN_TEXT, offsetof(struct raw, text), 0, false, NULL }, \
		{ "bytes", SCN_UINT, offsetof(struct raw, bytes), offsetof(struct raw, has_bytes), false, NULL }, \
		{ "seed", SCN_UINT, offsetof(struct raw, seed), 0, false, NULL }, \
		{ "mode", SCN_TEXT, offsetof(struct raw, mode), 0, false, NULL }, \
		{ "owner", SCN_TEXT, offsetof(struct raw, owner), 0, false, NULL }, \
		{ "symlink", SCN_PATH, offsetof(struct raw, symlink), 0, false, NULL }, \
		{ "hardlink", SCN_PATH, offsetof(struct raw, hardlink), 0, false, NULL }, \
		{ "dir", SCN_BOOL, offsetof(struct raw, dir), 0, false, NULL }, \
		{ "xattr", SCN_PAIRS, offsetof(struct raw, xattr), offsetof(struct raw, has_xattr), false, NULL }, \
		{ "tar", SCN_PAIRS, offsetof(struct raw, tar), offsetof(struct raw, has_tar), false, NULL }, \
		{ "compress", SCN_TEXT, offsetof(struct raw, compress), 0, false, NULL }, \
	{ \
		"tar_mtime", SCN_UINT, offsetof(struct raw, tar_mtime), offsetof(struct raw, has_tar_mtime), false, NULL \
	}

static const struct scn_field file_fields[] = { FILE_FIELDS };

#define VERB(name, kind) \
	{ \
		name, SCN_PATH, offsetof(struct raw, verb[kind]), 0, false, NULL \
	}
static const struct scn_field change_fields[] = {
	VERB("write", VERIFY_WRITE),
	VERB("append", VERIFY_APPEND),
	VERB("delete", VERIFY_DELETE),
	VERB("rename", VERIFY_RENAME),
	VERB("chmod", VERIFY_CHMOD),
	VERB("chown", VERIFY_CHOWN),
	VERB("touch", VERIFY_TOUCH),
	VERB("mkdir", VERIFY_MKDIR),
	{ "to", SCN_PATH, offsetof(struct raw, to), 0, false, NULL },
	{ "mtime", SCN_UINT, offsetof(struct raw, mtime), offsetof(struct raw, has_mtime), false, NULL },
	FILE_FIELDS,
};

static int take_path(struct scn_loader *l, const char *path, struct lb_pos pos, char **out)
{
	lb_autofree char *clean = lb_path_clean(path);
	if (*path == '/' || strcmp(clean, ".") == 0 || strcmp(clean, "..") == 0 || strncmp(clean, "../", 3) == 0)
		return lb_fail_at(l->err, pos, "'%s' is no path inside the context", path);
	*out = lb_arena_strdup(l->arena, clean);
	return 0;
}

static int take_attributes(struct scn_loader *l, const struct raw *raw, struct verify_file *f)
{
	f->mode_given = raw->mode != NULL;
	f->owner_given = raw->owner != NULL;
	f->xattrs = raw->xattr;
	if (raw->mode && !scn_mode_parse(raw->mode, &f->mode))
		return lb_fail_at(l->err, f->pos, "mode: '%s' is not an octal mode", raw->mode);
	if (raw->owner && (!strchr(raw->owner, ':') || !scn_owner_parse(raw->owner, &f->uid, &f->gid)))
		return lb_fail_at(l->err, f->pos, "owner: '%s' is not UID:GID", raw->owner);
	return 0;
}

static int take_tar(struct scn_loader *l, const struct raw *raw, struct verify_file *f)
{
	f->kind = VERIFY_TAR;
	f->members = raw->tar;
	f->compress = raw->compress ? raw->compress : lb_arena_strdup(l->arena, "");
	f->tar_mtime = raw->has_tar_mtime ? raw->tar_mtime : LB_CONTEXT_TIME;
	const char *known[] = { "", "gz", "bz2", "xz" };
	for (size_t i = 0; i < LB_COUNT(known); i++)
		if (strcmp(f->compress, known[i]) == 0)
			return 0;
	return lb_fail_at(l->err, f->pos, "compress: '%s' is none of gz, bz2, xz", f->compress);
}

/* What the file holds: exactly one of the keys says it. */
static int take_content(struct scn_loader *l, const struct raw *raw, struct verify_file *f)
{
	int given = (raw->text != NULL) + raw->has_bytes + (raw->symlink != NULL) + (raw->hardlink != NULL) + raw->dir + raw->has_tar;
	if (given != 1)
		return lb_fail_at(l->err, f->pos, "a file is one of text, bytes, symlink, hardlink, dir, tar; here %s given",
				  given ? "several are" : "none is");
	if (raw->has_tar)
		return take_tar(l, raw, f);
	f->kind = raw->text       ? VERIFY_TEXT
		  : raw->symlink  ? VERIFY_SYMLINK
		  : raw->hardlink ? VERIFY_HARDLINK
		  : raw->dir      ? VERIFY_DIR
				  : VERIFY_NOISE;
	f->text = raw->text ? raw->text : raw->symlink ? raw->symlink : raw->hardlink;
	f->bytes = raw->bytes;
	f->seed = raw->seed;
	return f->bytes <= (1U << 30) ? 0 : lb_fail_at(l->err, f->pos, "bytes: more than 1 GiB");
}

static int read_files(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct verify_case *c = out;
	if (scn_expect_kind(l, value, SCN_MAP, "files") < 0)
		return LB_INVALID;
	c->files = lb_arena_alloc(l->arena, (value->count + 1) * sizeof(*c->files));
	for (size_t i = 0; i < value->count; i++) {
		struct raw raw = { 0 };
		struct verify_file *f = &c->files[i];
		const struct scn_yaml *spec = value->items[i].value;
		f->pos = value->items[i].key->pos;
		int rc = spec->kind == SCN_MAP ? SCN_FIELDS_READ(l, spec, "a file", file_fields, &raw)
					       : scn_text_at(l, spec, "a file's text", &raw.text);
		if (rc || take_path(l, value->items[i].key->text, f->pos, &f->path) || take_attributes(l, &raw, f) ||
		    take_content(l, &raw, f))
			return LB_INVALID;
	}
	c->files_count = value->count;
	return 0;
}

/* ---- changes ---- */

static int take_verb(struct scn_loader *l, const struct raw *raw, struct verify_change *ch)
{
	int given = 0;
	for (int kind = VERIFY_WRITE; kind <= VERIFY_MKDIR; kind++) {
		if (!raw->verb[kind])
			continue;
		given++;
		ch->kind = (enum verify_change_kind)kind;
	}
	if (given != 1)
		return lb_fail_at(l->err, ch->file.pos, "a change is one of write, append, delete, rename, chmod, chown, touch, mkdir");
	return take_path(l, raw->verb[ch->kind], ch->file.pos, &ch->file.path);
}

static int take_needs(struct scn_loader *l, const struct raw *raw, struct verify_change *ch)
{
	const char *missing = ch->kind == VERIFY_APPEND && !raw->text   ? "text"
			      : ch->kind == VERIFY_RENAME && !raw->to   ? "to"
			      : ch->kind == VERIFY_CHMOD && !raw->mode  ? "mode"
			      : ch->kind == VERIFY_CHOWN && !raw->owner ? "owner"
									: NULL;
	if (missing)
		return lb_fail_at(l->err, ch->file.pos, "this change needs the key '%s'", missing);
	ch->file.text = raw->text;
	ch->mtime_given = raw->has_mtime;
	ch->mtime = raw->mtime;
	if (ch->kind == VERIFY_RENAME && take_path(l, raw->to, ch->file.pos, &ch->to))
		return LB_INVALID;
	if (take_attributes(l, raw, &ch->file))
		return LB_INVALID;
	return ch->kind == VERIFY_WRITE ? take_content(l, raw, &ch->file) : 0;
}

static int read_changes(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct verify_state *s = out;
	if (scn_expect_kind(l, value, SCN_LIST, "changes") < 0)
		return LB_INVALID;
	s->changes = lb_arena_alloc(l->arena, (value->count + 1) * sizeof(*s->changes));
	for (size_t i = 0; i < value->count; i++) {
		struct raw raw = { 0 };
		struct verify_change *ch = &s->changes[i];
		ch->file.pos = value->items[i].value->pos;
		if (SCN_FIELDS_READ(l, value->items[i].value, "a change", change_fields, &raw) || take_verb(l, &raw, ch) ||
		    take_needs(l, &raw, ch))
			return LB_INVALID;
	}
	s->changes_count = value->count;
	return 0;
}

/* ---- states ---- */

#define STATE(key, type, member) \
	{ \
		key, type, offsetof(struct verify_state, member), 0, false, NULL \
	}
static const struct scn_field state_fields[] = {
	STATE("name", SCN_NAME, name),
	{ "changes", SCN_CALL, 0, 0, false, read_changes },
	STATE("dockerfile", SCN_TEXT, dockerfile),
	STATE("bases", SCN_PAIRS, bases),
	STATE("args", SCN_PAIRS, args),
	STATE("target", SCN_TEXT, target),
	STATE("no_cache", SCN_BOOL, no_cache),
	STATE("labels", SCN_PAIRS, labels),
	STATE("secrets", SCN_PAIRS, secrets),
};

static int read_states(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct verify_case *c = out;
	if (scn_expect_kind(l, value, SCN_LIST, "states") < 0)
		return LB_INVALID;
	if (!value->count)
		return lb_fail_at(l->err, value->pos, "states: at least one is needed");
	c->states = lb_arena_alloc(l->arena, value->count * sizeof(*c->states));
	for (size_t i = 0; i < value->count; i++) {
		if (SCN_FIELDS_READ(l, value->items[i].value, "a state", state_fields, &c->states[i]) < 0)
			return LB_INVALID;
		if (!c->states[i].name) {
			lb_autofree char *number = lb_format("%zu", i);
			c->states[i].name = lb_arena_strdup(l->arena, number);
		}
	}
	c->states_count = value->count;
	return 0;
}

static int read_not(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct verify_case *c = out;
	return scn_strings_at(l, value, "not", &c->exempt, &c->exempt_count);
}

#define CASE(key, type, member, required) \
	{ \
		key, type, offsetof(struct verify_case, member), 0, required, NULL \
	}
static const struct scn_field case_fields[] = {
	CASE("id", SCN_NAME, id, true),
	CASE("topic", SCN_NAME, topic, true),
	{ "question", SCN_LATER, 0, 0, false, NULL },
	{ "files", SCN_CALL, 0, 0, false, read_files },
	CASE("dockerfile", SCN_TEXT, dockerfile, true),
	{ "states", SCN_CALL, 0, 0, true, read_states },
	{ "not", SCN_CALL, 0, 0, false, read_not },
	CASE("entries", SCN_BOOL, entries, false),
	CASE("triggers", SCN_UINT, triggers, false),
};

int verify_case_load(const char *path, struct verify_case **out, struct lb_err *err)
{
	struct verify_case *c = lb_calloc(1, sizeof(*c));
	struct scn_loader l = { .arena = &c->arena, .err = err };
	lb_autobuf struct lb_buf text = { 0 };
	struct scn_yaml *root;
	c->path = lb_arena_strdup(&c->arena, path);
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (rc == LB_NOT_FOUND)
		rc = lb_recode(err, LB_INVALID);
	if (!rc)
		rc = scn_yaml_parse(c->path, lb_buf_str(&text), text.len, &c->arena, &root, err);
	if (!rc)
		rc = SCN_FIELDS_READ(&l, root, "a case", case_fields, c);
	if (rc) {
		verify_case_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void verify_case_free(struct verify_case *c)
{
	if (!c)
		return;
	struct lb_arena arena = c->arena;
	lb_arena_release(&arena);
	free(c);
}

bool verify_case_exempts(const struct verify_case *c, const char *key)
{
	for (size_t i = 0; i < c->exempt_count; i++) {
		size_t len = strlen(c->exempt[i]);
		if (strncmp(c->exempt[i], key, len) == 0 && (!key[len] || key[len] == '@' || key[len] == '+'))
			return true;
	}
	return false;
}
