/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/compare.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	const struct verify_seen_state *seen;
	const struct verify_played *played;
	struct verify_cell *cell;
};

void verify_cell_release(struct verify_cell *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].state);
		free(c->items[i].what);
		free(c->items[i].observed);
		free(c->items[i].ours);
		free(c->items[i].why);
	}
	free(c->items);
	free(c->key);
	*c = (struct verify_cell){ 0 };
}

static void add(struct verify_cell *c, const char *state, int step, const char *what, const char *observed, const char *ours,
		const char *why)
{
	c->items = lb_grow(c->items, c->count, &c->cap, sizeof(*c->items));
	c->items[c->count++] =
		(struct verify_difference){ lb_strdup(state),         step, lb_strdup(what), lb_strdup(observed), lb_strdup(ours),
					    lb_strdup(why ? why : "") };
}

void verify_compare_failed(struct verify_cell *cell, const char *state, const char *what, const char *why)
{
	cell->compared++;
	add(cell, state, -1, what, "built", "not built", why);
}

static void tell(const struct pair *p, bool agree, int step, const char *what, const char *observed, const char *ours, const char *why)
{
	p->cell->compared++;
	if (agree)
		p->cell->agreed++;
	else
		add(p->cell, p->seen->name, step, what, observed, ours, why);
}

static void tell_numbers(const struct pair *p, const char *what, size_t observed, size_t ours, const char *why)
{
	lb_autofree char *o = lb_format("%zu", observed), *u = lb_format("%zu", ours);
	tell(p, observed == ours, -1, what, o, u, why);
}

/* ---- outcomes ---- */

static bool is_decision(enum verify_outcome o)
{
	return o == VERIFY_HIT || o == VERIFY_MISS || o == VERIFY_ERROR;
}

static bool seen_refused(const struct verify_seen_state *s)
{
	for (size_t i = 0; s->failed && i < s->steps_count; i++)
		if (is_decision(s->steps[i].outcome))
			return false;
	return s->failed;
}

static bool played_refused(const struct verify_played *p)
{
	for (size_t i = 0; p->failed && !p->refused && i < p->steps_count; i++)
		if (p->steps[i].outcome == LB_HIT || p->steps[i].outcome == LB_MISS || p->steps[i].outcome == LB_ERROR)
			return false;
	return p->failed;
}

static bool is_metadata(enum lb_keyword k)
{
	return k != LB_KW_RUN && k != LB_KW_COPY && k != LB_KW_ADD;
}

static bool outcomes_agree(enum verify_outcome seen, const struct verify_played_step *s, bool failed)
{
	switch (seen) {
	case VERIFY_HIT:
	case VERIFY_MISS:
		if (s->outcome == LB_META)
			return is_metadata(s->keyword);
		return s->outcome == (seen == VERIFY_HIT ? LB_HIT : LB_MISS);
	case VERIFY_NONE:
		return s->outcome == LB_META ||
		       (is_metadata(s->keyword) && (s->outcome == LB_SKIPPED || (failed && s->outcome == LB_UNREACHED)));
	case VERIFY_SKIP:
		return s->outcome == LB_SKIPPED;
	case VERIFY_ERROR:
		return s->outcome == LB_ERROR;
	default:
		return s->outcome == LB_UNREACHED || s->outcome == LB_SKIPPED || (is_metadata(s->keyword) && s->outcome == LB_META);
	}
}

static bool is_buildkit(const struct pair *p)
{
	return strncmp(p->cell->key, "buildkit", 8) == 0;
}

static bool is_from(const struct verify_seen_step *s)
{
	return strcmp(s->instruction, "FROM") == 0;
}

/* Under buildkit, with several stages: what the failing step was is all that can be told. */
static bool failing_step_alone(const struct pair *p)
{
	size_t stages = 0;
	for (size_t i = 0; i < p->seen->steps_count; i++)
		stages += is_from(&p->seen->steps[i]);
	return p->seen->failed && stages > 1 && is_buildkit(p);
}

/* The name behind FROM's AS; NULL. */
static const char *stage_name(const struct verify_seen_step *from)
{
	const char *name = strrchr(from->text, ' ');
	return name && name - from->text > 3 && strncasecmp(name - 3, " as", 3) == 0 ? name + 1 : NULL;
}

static const char *name_of_stage(const struct pair *p, size_t step)
{
	while (step && !is_from(&p->seen->steps[step]))
		step--;
	return stage_name(&p->seen->steps[step]);
}

/* BuildKit's output names stages, in lower case: of two that bear one name, what was read for a skipped one is the
 * other's; and one that the file writes with capitals was not found there, as if it had been skipped. */
static bool misread_stage(const struct pair *p, size_t step, enum lb_outcome ours)
{
	const char *name = is_buildkit(p) ? name_of_stage(p, step) : NULL;
	if (!name)
		return false;
	if (p->seen->steps[step].outcome == VERIFY_SKIP)
		for (const char *c = name; *c; c++)
			if (isupper((unsigned char)*c))
				return true;
	for (size_t i = 0; ours == LB_SKIPPED && i < p->seen->steps_count; i++) {
		const char *other = is_from(&p->seen->steps[i]) ? stage_name(&p->seen->steps[i]) : NULL;
		if (other && other != name && strcasecmp(other, name) == 0)
			return true;
	}
	return false;
}

/* Ours, one for each step that was seen; NULL: the files were not read alike. The observations read a Dockerfile
 * plainly: a heredoc whose delimiter is no plain word takes all that follows, so that instructions may be missing. */
static struct verify_played_step *align(const struct verify_seen_state *seen, const struct verify_played *played)
{
	struct verify_played_step *out = lb_calloc(seen->steps_count + 1, sizeof(*out));
	size_t next = 0;
	bool equal = seen->steps_count == played->steps_count;
	for (size_t i = 0; i < seen->steps_count; i++) {
		while (!equal && next < played->steps_count &&
		       strcasecmp(lb_keyword_name(played->steps[next].keyword), seen->steps[i].instruction) != 0)
			next++;
		if (next >= played->steps_count) {
			free(out);
			return NULL;
		}
		out[i] = played->steps[next++];
	}
	return out;
}

static bool nothing_seen_from(const struct verify_seen_state *seen, size_t i)
{
	while (i < seen->steps_count && !is_decision(seen->steps[i].outcome))
		i++;
	return i == seen->steps_count;
}

/* An engine that ends between two steps has not printed the failing one: the observation has it unreached, and the
 * step before as the failing one, when it was carried out. */
static void settle_unprinted(const struct verify_seen_state *seen, struct verify_played_step *ours)
{
	for (size_t i = 0; i < seen->steps_count; i++) {
		if (ours[i].outcome != LB_ERROR || !nothing_seen_from(seen, i))
			continue;
		ours[i].outcome = LB_UNREACHED;
		if (i && seen->steps[i - 1].outcome == VERIFY_ERROR && (ours[i - 1].outcome == LB_MISS || ours[i - 1].outcome == LB_META))
			ours[i - 1].outcome = LB_ERROR;
	}
}

static void compare_each(const struct pair *p, const struct verify_played_step *ours)
{
	const struct verify_seen_state *seen = p->seen;
	bool alone = failing_step_alone(p);
	for (size_t i = 0; i < seen->steps_count; i++) {
		const struct verify_played_step *s = &ours[i];
		enum verify_outcome o = seen->steps[i].outcome;
		if (alone && o != VERIFY_ERROR && s->outcome != LB_ERROR)
			continue;
		if (misread_stage(p, i, s->outcome))
			continue;
		tell(p, outcomes_agree(o, s, seen->failed), (int)i, seen->steps[i].text, verify_outcome_name(o),
		     lb_outcome_name(s->outcome), s->why);
	}
}

static void compare_steps(const struct pair *p)
{
	const struct verify_seen_state *seen = p->seen;
	lb_autofree struct verify_played_step *ours = p->played->refused ? NULL : align(seen, p->played);
	if (ours && seen->failed && !is_buildkit(p))
		settle_unprinted(seen, ours);
	struct verify_played as_printed = *p->played;
	if (ours) {
		as_printed.steps = ours;
		as_printed.steps_count = seen->steps_count;
	}
	bool refused = seen_refused(seen), here = played_refused(&as_printed);
	if (refused || here)
		tell(p, refused == here, -1, "refusal", refused ? "refused" : "not refused", here ? "refused" : "not refused",
		     p->played->why);
	else if (!ours)
		tell_numbers(p, "instructions", seen->steps_count, p->played->steps_count, p->played->why);
	else
		compare_each(p, ours);
}

static void compare_triggers(const struct pair *p)
{
	for (size_t i = 0; i < p->seen->triggers_count; i++) {
		lb_autofree char *what = lb_format("trigger %zu", i + 1);
		const char *observed = verify_outcome_name(p->seen->triggers[i]);
		if (i >= p->played->triggers_count) {
			tell(p, false, -1, what, observed, "none", p->played->why);
			continue;
		}
		const struct verify_played_step *s = &p->played->triggers[i];
		tell(p, outcomes_agree(p->seen->triggers[i], s, false), -1, what, observed, lb_outcome_name(s->outcome), s->why);
	}
}

/* ---- layers ---- */

/* What buildah's chroot isolation leaves of its mounts in a RUN's layer. */
static bool is_leftover(const char *path)
{
	static const char *const paths[] = { "etc/hostname", "etc/hosts", "etc/resolv.conf", "run" };
	for (size_t i = 0; i < LB_COUNT(paths); i++)
		if (strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

/* "f 100644 0:0 3 t/x" with the low twelve bits of the mode, path first so that lists sort by it. NULL: not compared.
 * The caller's. */
static char *comparable(const char *entry, bool buildah)
{
	char kind;
	unsigned mode;
	unsigned long long uid, gid, size;
	int at = 0;
	if (sscanf(entry, "%c %o %llu:%llu %llu %n", &kind, &mode, &uid, &gid, &size, &at) < 5 || !at)
		return lb_strdup(entry);
	const char *path = entry + at;
	if (buildah && is_leftover(path))
		return NULL;
	return lb_format("%s (%c %04o %llu:%llu %llu)", path, kind, mode & 07777U, uid, gid, size);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void normalise(const struct lb_strv *in, bool buildah, struct lb_strv *out)
{
	for (size_t i = 0; i < in->count; i++) {
		char *line = comparable(in->items[i], buildah);
		if (line)
			lb_strv_take(out, line);
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_text);
}

/* The lines that other has not. */
static char *missing_from(const struct lb_strv *v, const struct lb_strv *other)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (size_t i = 0; i < v->count; i++)
		if (!lb_strv_has(other, v->items[i]))
			lb_buf_addf(&out, "%s%s", out.len ? ", " : "", v->items[i]);
	return out.len ? lb_buf_steal(&out) : lb_strdup("nothing more");
}

static void compare_layer(const struct pair *p, size_t i)
{
	bool buildah = strncmp(p->cell->key, "buildah", 7) == 0;
	lb_autostrv struct lb_strv seen = { 0 };
	lb_autostrv struct lb_strv ours = { 0 };
	normalise(&p->seen->entries[i], buildah, &seen);
	normalise(&p->played->entries[i], buildah, &ours);
	lb_autofree char *what = lb_format("entries of layer %zu", i + 2);
	lb_autofree char *more = missing_from(&seen, &ours), *less = missing_from(&ours, &seen);
	tell(p, lb_strv_equal(&seen, &ours), -1, what, more, less, NULL);
}

static void compare_layers(const struct pair *p)
{
	if (p->seen->layers_given)
		tell_numbers(p, "layers", p->seen->layers, p->played->layers, NULL);
	if (!p->seen->entries_given)
		return;
	if (p->seen->entries_count != p->played->entries_count)
		tell_numbers(p, "layers with entries", p->seen->entries_count, p->played->entries_count, NULL);
	for (size_t i = 0; i < p->seen->entries_count && i < p->played->entries_count; i++)
		compare_layer(p, i);
}

void verify_compare(const struct verify_seen_state *seen, const struct verify_played *played, struct verify_cell *cell)
{
	struct pair p = { seen, played, cell };
	tell(&p, seen->failed == played->failed, -1, "exit", seen->failed ? "1" : "0", played->failed ? "1" : "0", played->why);
	if (seen->failed == played->failed)
		compare_steps(&p);
	compare_triggers(&p);
	if (!seen->failed && !played->failed)
		compare_layers(&p);
}
