/* SPDX-License-Identifier: Apache-2.0 */
#include "run/user.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

void lb_user_release(struct lb_user *u)
{
	free(u->home);
	u->home = NULL;
}

static int load(const struct lb_node *root, const char *path, struct lb_buf *out, struct lb_err *err)
{
	struct lb_node *n = NULL;
	if (lb_tree_resolve(root, path, true, &n, NULL, NULL) || n->attr.kind != LB_FILE || !n->content)
		return 0;
	return lb_content_load(n->content, out, err);
}

enum { FIELDS = 7 };
struct line {
	struct {
		const char *text;
		size_t len;
	} field[FIELDS];
	size_t count;
};

/* The next line of *text, split at its colons. */
static bool next_line(const char **text, struct line *l)
{
	const char *p = *text;
	if (!*p)
		return false;
	const char *end = p + strcspn(p, "\n");
	l->count = 0;
	while (l->count < FIELDS) {
		size_t len = strcspn(p, ":\n");
		l->field[l->count].text = p;
		l->field[l->count++].len = len;
		p += len;
		if (p >= end)
			break;
		p++;
	}
	*text = end + (*end == '\n');
	return true;
}

static bool is(const struct line *l, size_t i, const char *text, size_t len)
{
	return i < l->count && l->field[i].len == len && memcmp(l->field[i].text, text, len) == 0;
}

static bool number(const char *text, size_t len, uint32_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	*out = (uint32_t)n;
	return len && n < UINT32_MAX;
}

static bool number_in(const struct line *l, size_t i, uint32_t *out)
{
	return i < l->count && number(l->field[i].text, l->field[i].len, out);
}

/* The first entry of that name or, with by_id, of that number. */
static bool find(const char *text, const char *name, size_t len, bool by_id, uint32_t id, struct line *out)
{
	uint32_t n;
	while (next_line(&text, out))
		if (is(out, 0, name, len) || (by_id && number_in(out, 2, &n) && n == id))
			return true;
	return false;
}

static bool lists_member(const struct line *l, const char *name, size_t len)
{
	if (l->count < 4)
		return false;
	const char *p = l->field[3].text, *end = p + l->field[3].len;
	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t n = (size_t)((comma ? comma : end) - p);
		if (n == len && memcmp(p, name, len) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

static void add_groups(const char *text, const char *name, size_t len, struct lb_user *u)
{
	struct line l;
	while (u->groups_count < LB_USER_GROUPS_MAX && next_line(&text, &l))
		if (lists_member(&l, name, len) && number_in(&l, 2, &u->groups[u->groups_count]))
			u->groups_count++;
}

static int find_group(const char *groups, const char *name, struct lb_user *out, struct lb_err *err)
{
	struct line l;
	if (number(name, strlen(name), &out->gid))
		return 0;
	if (find(groups, name, strlen(name), false, 0, &l) && number_in(&l, 2, &out->gid))
		return 0;
	return lb_fail(err, LB_FAILED, "unable to find group %s: no matching entries in group file", name);
}

int lb_user_find(const struct lb_node *root, const char *spec, struct lb_user *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf passwd = { 0 }, group = { 0 };
	*out = (struct lb_user){ 0 };
	int rc = load(root, "/etc/passwd", &passwd, err);
	if (!rc)
		rc = load(root, "/etc/group", &group, err);
	if (rc)
		return rc;
	bool given = spec && *spec;
	const char *who = given ? spec : "0";
	size_t len = strcspn(who, ":");
	bool numeric = number(who, len, &out->uid);
	struct line l = { 0 };
	bool found = find(lb_buf_str(&passwd), who, len, numeric, out->uid, &l);
	if (!found && !numeric)
		return lb_fail(err, LB_FAILED, "unable to find user %.*s: no matching entries in passwd file", (int)len, who);
	if (found && !number_in(&l, 2, &out->uid))
		return lb_fail(err, LB_FAILED, "user %.*s: its line in /etc/passwd has no number", (int)len, who);
	if (found)
		number_in(&l, 3, &out->gid);
	if (who[len] && who[len + 1])
		rc = find_group(lb_buf_str(&group), who + len + 1, out, err);
	else if (found && given)
		add_groups(lb_buf_str(&group), l.field[0].text, l.field[0].len, out);
	if (!rc)
		out->home = found && l.count > 5 && l.field[5].len ? lb_strndup(l.field[5].text, l.field[5].len) : lb_strdup("/");
	return rc;
}
