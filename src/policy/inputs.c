/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical inputs of a step: what its result truly depends on, whatever an engine takes into its key.
 * They are written as text fields, so that one comparison finds the reason of any miss, and summed up with
 * the files that are read and with the state that the step stands on. Times of files are left out.
 */
#include "policy/internal.h"

#include <string.h>

#include "lbench/mem.h"
#include "lbench/words.h"

static void field(struct lb_buf *b, char class, const char *name, const char *value)
{
	if (!value)
		return;
	lb_buf_addc(b, class);
	lb_buf_add(b, name, strlen(name) + 1);
	lb_buf_add(b, value, strlen(value) + 1);
}

bool lb_field_next(const char **at, const char *end, struct lb_field *out)
{
	if (*at >= end)
		return false;
	out->class = **at;
	out->name = *at + 1;
	out->value = out->name + strlen(out->name) + 1;
	*at = out->value + strlen(out->value) + 1;
	return true;
}

static const char *variable(const char *name, void *arg)
{
	return lb_stage_lookup(arg, name);
}

bool lb_inputs_expand(const struct lb_inputs *in, const char *word, char **out)
{
	struct lb_words words = { .escape = in->before->plan ? in->before->plan->df->escape : '\\',
				  .lookup = variable,
				  .arg = (void *)in->before };
	return lb_words_expand(&words, word, out, NULL, NULL) == 0;
}

char *lb_inputs_workdir_spelled(const struct lb_inputs *in)
{
	const struct lb_instruction *i = in->step->in;
	lb_autofree char *written = NULL;
	if (!i || !i->args_count || !lb_inputs_expand(in, i->args[0], &written) || *written != '/')
		return NULL;
	return strcmp(written, in->step->path) == 0 ? NULL : lb_steal(&written);
}

/* ---- RUN ---- */

static void mount_field(struct lb_buf *b, const struct lb_mount *m)
{
	static const char *const types[] = { "bind", "cache", "tmpfs", "secret", "ssh" };
	const char *target = *m->target ? m->target : m->env ? m->env : "";
	lb_buf_addc(b, LB_FIELD_MOUNT);
	lb_buf_add(b, target, strlen(target) + 1);
	lb_buf_addf(b, "type=%s%s%s", types[m->type], m->readonly ? ",ro" : "", m->required ? ",required" : "");
	if (m->type == LB_MOUNT_CACHE && m->id_given)
		lb_buf_addf(b, ",id=%s", m->id);
	if (m->type == LB_MOUNT_CACHE && m->sharing_given)
		lb_buf_addf(b, ",sharing=%s", m->sharing);
	if (m->type == LB_MOUNT_SECRET || m->type == LB_MOUNT_SSH)
		lb_buf_addf(b, ",id=%s,env=%s", m->id ? m->id : "", m->env ? m->env : "");
	if (m->uid || m->gid || m->mode_given)
		lb_buf_addf(b, ",uid=%u,gid=%u,mode=%04o", m->uid, m->gid, m->mode);
	if (m->size_bytes) {
		lb_buf_adds(b, ",size=");
		lb_buf_addu(b, m->size_bytes);
	}
	lb_buf_addc(b, '\0');
}

static void secret_field(const struct lb_inputs *in, const struct lb_mount *m, struct lb_buf *b)
{
	const char *value = in->secrets && m->id ? lb_pairs_get(in->secrets, m->id) : NULL;
	if (!value)
		return;
	char hex[LB_DIGEST_HEX];
	struct lb_digest d = lb_digest_of(value, strlen(value));
	lb_digest_hex(&d, hex);
	hex[12] = '\0';
	field(b, LB_FIELD_SECRET, m->id, hex);
}

static void run_fields(const struct lb_inputs *in, struct lb_buf *b)
{
	const struct lb_step *s = in->step;
	size_t shell = s->shell_form && s->argv_count ? s->argv_count - 1 : 0;
	lb_buf_addc(b, LB_FIELD_SHELL);
	lb_buf_addc(b, '\0');
	for (size_t i = 0; i < shell; i++)
		lb_buf_addf(b, "%s%s", i ? " " : "", s->argv[i]);
	lb_buf_addc(b, '\0');
	for (size_t i = shell; i < s->argv_count; i++)
		field(b, LB_FIELD_COMMAND, "", s->argv[i]);
	field(b, LB_FIELD_COMMAND, "script", s->script);
	field(b, LB_FIELD_PLACE, "workdir", s->cwd);
	field(b, LB_FIELD_PLACE, "user", s->user);
	field(b, LB_FIELD_PLACE, "network", s->network);
	field(b, LB_FIELD_PLACE, "security", s->security);
	for (size_t i = 0; i < s->mounts_count; i++)
		mount_field(b, &s->mounts[i]);
	for (size_t i = 0; i < s->env.count; i++)
		field(b, LB_FIELD_ENV, s->env.items[i].name, s->env.items[i].value);
	for (size_t i = 0; i < s->mounts_count; i++)
		if (s->mounts[i].type == LB_MOUNT_SECRET)
			secret_field(in, &s->mounts[i], b);
}

/* ---- COPY, ADD, WORKDIR ---- */

static void owner_field(const struct lb_inputs *in, struct lb_buf *b)
{
	if (!in->owner_known)
		return;
	lb_buf_addc(b, LB_FIELD_FLAG);
	lb_buf_add(b, "owner", 6);
	lb_buf_addu(b, in->uid);
	lb_buf_addc(b, ':');
	lb_buf_addu(b, in->gid);
	lb_buf_addc(b, '\0');
}

static void copy_fields(const struct lb_inputs *in, struct lb_buf *b)
{
	const struct lb_step *s = in->step;
	field(b, LB_FIELD_DEST, "destination", s->dest_abs);
	field(b, LB_FIELD_PLACE, "workdir", in->late_workdir);
	owner_field(in, b);
	field(b, LB_FIELD_FLAG, "chmod", s->chmod);
	field(b, LB_FIELD_FLAG, "checksum", s->checksum);
	for (size_t i = 0; i < s->excludes_count; i++)
		field(b, LB_FIELD_FLAG, "exclude", s->excludes[i]);
	if (s->parents)
		field(b, LB_FIELD_FLAG, "parents", "true");
	if (s->unpack_given)
		field(b, LB_FIELD_FLAG, "unpack", s->unpack ? "true" : "false");
	for (size_t i = 0; i < s->sources_count; i++) {
		if (!s->sources[i].content)
			continue;
		field(b, LB_FIELD_NAME, "name", s->sources[i].name);
		field(b, LB_FIELD_FILE, s->sources[i].name, s->sources[i].content);
	}
	for (size_t i = 0; i < in->sources_count; i++)
		for (size_t k = 0; k < in->sources[i].items_count; k++)
			field(b, LB_FIELD_NAME, "name", in->sources[i].items[k].base);
	field(b, LB_FIELD_EPOCH, "SOURCE_DATE_EPOCH", lb_stage_epoch(in->before));
}

static void workdir_fields(const struct lb_inputs *in, struct lb_buf *b)
{
	field(b, LB_FIELD_DEST, "destination", in->step->path);
	owner_field(in, b);
	field(b, LB_FIELD_EPOCH, "SOURCE_DATE_EPOCH", lb_stage_epoch(in->before));
}

/* ---- what stands in evidence only ---- */

static bool name_char(char c, bool first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* The variables that the instruction names, with their values. */
static void variable_fields(const struct lb_inputs *in, struct lb_buf *b)
{
	const char *at = in->step->in->rest;
	while (at && (at = strchr(at, '$'))) {
		at += at[1] == '{' ? 2 : 1;
		size_t len = 0;
		while (name_char(at[len], len == 0))
			len++;
		if (!len)
			continue;
		lb_autofree char *name = lb_strndup(at, len);
		const char *value = lb_stage_lookup(in->before, name);
		field(b, LB_FIELD_VARIABLE, name, value ? value : "");
		at += len;
	}
}

void lb_inputs_fields(const struct lb_inputs *in, struct lb_buf *out, size_t *canonical_len)
{
	const struct lb_step *s = in->step;
	lb_buf_clear(out);
	lb_buf_addc(out, LB_FIELD_KEYWORD);
	lb_buf_addc(out, '\0');
	const char *word = lb_keyword_name(s->keyword);
	lb_buf_add(out, word, strlen(word) + 1);
	if (s->op == LB_OP_RUN)
		run_fields(in, out);
	else if (s->op == LB_OP_COPY || s->op == LB_OP_ADD)
		copy_fields(in, out);
	else if (s->op == LB_OP_WORKDIR)
		workdir_fields(in, out);
	*canonical_len = out->len;
	if (s->op == LB_OP_META)
		field(out, LB_FIELD_TEXT, "", s->text);
	for (size_t i = 0; i < in->sources_count; i++)
		field(out, LB_FIELD_SOURCE, "source", in->sources[i].written);
	for (size_t i = 0; i < s->run_args.count; i++)
		field(out, LB_FIELD_ARG, s->run_args.items[i].name, s->run_args.items[i].value);
	if (s->op != LB_OP_RUN && s->in)
		variable_fields(in, out);
}

/* ---- the digest ---- */

static int add_sources(struct lb_sha256 *h, const struct lb_inputs *in, struct lb_err *err)
{
	for (size_t i = 0; i < in->sources_count; i++) {
		const struct lb_source *src = &in->sources[i];
		lb_sha256_addu(h, src->items_count);
		lb_sha256_addu(h, src->archive);
		/* what is not known yet follows from the state that it comes from */
		if (!src->known && src->from)
			lb_sha256_addd(h, &src->from->state);
		for (size_t k = 0; k < src->items_count; k++) {
			struct lb_digest d;
			int rc = lb_node_digest(src->items[k].node, LB_FLAVOUR_NO_TIME, &d, err);
			if (rc)
				return rc;
			lb_sha256_addd(h, &d);
		}
	}
	return 0;
}

/* COPY, ADD and WORKDIR write the same whatever stands below, but for where their destination leads; RUN
 * sees everything. */
int lb_inputs_digest(const struct lb_inputs *in, const char *fields, size_t canonical_len, const struct lb_digest *below,
		     struct lb_digest *out, struct lb_err *err)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, canonical_len);
	lb_sha256_add(&h, fields, canonical_len);
	if (in->step->op == LB_OP_RUN && below)
		lb_sha256_addd(&h, below);
	int rc = add_sources(&h, in, err);
	if (!rc)
		*out = lb_sha256_done(&h);
	return rc;
}
