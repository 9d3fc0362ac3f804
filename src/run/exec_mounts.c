/* SPDX-License-Identifier: Apache-2.0
 *
 * What is mounted into the sandbox, and where. Places that the root file system has not are made in layers of
 * their own below all others, so that they show and yet never come into the layer that the RUN leaves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/exec.h"
#include "lbench/tree_source.h"
#include "run/unpack.h"

void lb_exec_arg(struct lb_buf *args, const char *text)
{
	lb_buf_add(args, text, strlen(text) + 1);
}

void lb_exec_args_of(struct lb_buf *args, const char *const *texts)
{
	for (; *texts; texts++)
		lb_exec_arg(args, *texts);
}

struct mounting {
	struct lb_exec *x;
	const struct lb_exec_run *run;
	const char *own; /* "tmp/XXXXXX/N" */
	struct lb_exec_mounts *out;
};

/* ---- places ---- */

/* The real path of target in root, links followed as far as it is there. NULL: a link that leads nowhere. */
static char *real_target(const struct lb_node *root, const char *target, bool *there)
{
	lb_autofree char *path = lb_path_clean(target);
	struct lb_node *n;
	char *real = NULL;
	*there = lb_tree_resolve(root, path, true, &n, &real, NULL) == 0;
	if (*there)
		return real;
	for (size_t len = strlen(path); len; len--) {
		if (path[len - 1] != '/')
			continue;
		lb_autofree char *above = lb_strndup(path, len - 1);
		lb_autofree char *real_above = NULL;
		if (lb_tree_resolve(root, above, true, &n, &real_above, NULL))
			continue;
		char *whole = lb_format("%s%s%s", real_above, *real_above ? "/" : "", path + len);
		if (!lb_tree_get(root, whole))
			return whole;
		free(whole);
		return NULL;
	}
	return lb_strdup(path);
}

/* Makes the directories above path, and path itself as a directory or an empty file, in this RUN's stubs. */
static int make_stub(struct mounting *m, const char *path, bool is_file, struct lb_err *err)
{
	if (lb_path_is_below(path, "dev") || lb_path_is_below(path, "proc"))
		return 0;
	lb_autofree char *top = lb_format("%s/s", m->own);
	int rc = lb_fs_mkdirs(m->x->dir_fd, top, err);
	for (const char *p = path; !rc && *p; p += *p == '/') {
		p += strcspn(p, "/");
		lb_autofree char *part = lb_strndup(path, (size_t)(p - path));
		lb_autofree char *at = lb_format("%s/%s", top, part);
		bool leaf = is_file && !*p;
		if (!lb_tree_get(m->run->root, part) && !lb_strv_has(&m->out->stubs, part))
			lb_strv_add(&m->out->stubs, part);
		if ((leaf ? mknodat(m->x->dir_fd, at, S_IFREG | 0644, 0) : mkdirat(m->x->dir_fd, at, 0755)) != 0 && errno != EEXIST)
			rc = lb_fail_errno(err, errno, "cannot create %s/%s", m->x->dir, at);
		else if (fchmodat(m->x->dir_fd, at, leaf ? 0644 : 0755, 0) != 0)
			rc = lb_fail_errno(err, errno, "cannot create %s/%s", m->x->dir, at);
	}
	m->out->stubs_made = true;
	return rc;
}

/* Where target is, made if need be. *place is the caller's; NULL: nowhere. */
static int place_for(struct mounting *m, const char *target, bool is_file, char **place, struct lb_err *err)
{
	bool there;
	lb_autofree char *real = real_target(m->run->root, target, &there);
	if (!real)
		return 0;
	*place = lb_format("/%s", real);
	return there ? 0 : make_stub(m, real, is_file, err);
}

/* ---- kinds ---- */

static int add_file(struct mounting *m, const struct lb_exec_mount *f, const char *place, struct lb_err *err)
{
	struct lb_exec_mounts *o = m->out;
	if (o->files_count == LB_EXEC_FILES_MAX)
		return lb_fail(err, LB_UNSUPPORTED, "more than %d files mounted into one RUN", LB_EXEC_FILES_MAX);
	lb_autofree char *source = lb_format("%s/%s/f/%zu", m->x->dir, m->x->own, o->files_count);
	o->files[o->files_count++] = (struct lb_sandbox_file){ f->data, f->len, f->uid, f->gid, f->mode };
	lb_exec_args(&o->args, f->writable ? "--bind" : "--ro-bind", source, place);
	return 0;
}

/* What is written to a bind mount is dropped: the command gets a copy. */
static int add_bind(struct mounting *m, size_t i, const struct lb_exec_mount *b, const char *place, struct lb_err *err)
{
	lb_autofree char *source = NULL;
	int rc = 0;
	if (b->writable) {
		lb_autofree char *name = lb_format("%s/b%zu", m->own, i);
		rc = lb_run_unpack(&m->x->ns, m->x->dir_fd, name, b->tree, err);
		source = lb_format("%s/%s", m->x->dir, name);
	} else {
		rc = lb_exec_tree_place(m->x, b->tree, &source, err);
	}
	if (!rc)
		lb_exec_args(&m->out->args, b->writable ? "--bind" : "--ro-bind", source, place);
	return rc;
}

static void add_tmpfs(struct mounting *m, const struct lb_exec_mount *t, const char *place)
{
	char size[24];
	snprintf(size, sizeof(size), "%llu", (unsigned long long)t->size_bytes);
	lb_exec_args(&m->out->args, "--perms", "1777");
	if (t->size_bytes)
		lb_exec_args(&m->out->args, "--size", size);
	lb_exec_args(&m->out->args, "--tmpfs", place);
}

static char *cache_name(const struct lb_exec *x, const char *id, bool kept)
{
	char hex[LB_DIGEST_HEX];
	struct lb_digest d = lb_digest_of(id, strlen(id));
	lb_digest_hex(&d, hex);
	return lb_format("%s%scache/%s%s", kept ? "" : x->own, kept ? "" : "/", hex, x->ns.map);
}

struct copying {
	const char *from; /* absolute */
	struct lb_node *tree;
};

static int read_tree(void *arg, struct lb_err *err)
{
	struct copying *c = arg;
	const struct lb_dir_options plain = { 0 };
	return lb_tree_from_dir(c->from, &plain, &c->tree, err);
}

/* Under a name of our own first: a cache is whole or not there. With the lock held. */
static int make_cache(struct lb_exec *x, const struct lb_exec_mount *c, const char *name, struct lb_err *err)
{
	lb_autofree char *from = c->from ? cache_name(x, c->from, c->kept) : NULL;
	lb_autofree char *full = from ? lb_path_join(x->dir, from) : NULL;
	struct copying copy = { full, NULL };
	struct lb_attr attr = { .kind = LB_DIR, .mode = c->mode ? c->mode : 0755, .uid = c->uid, .gid = c->gid };
	int rc = 0;
	if (from && lb_fs_is_dir(x->dir_fd, from))
		rc = lb_ns_call(&x->ns, read_tree, &copy, err);
	else
		copy.tree = lb_node_new_dir(&attr, NULL, 0);
	if (!rc)
		rc = lb_run_unpack(&x->ns, x->own_fd, "cache-new", copy.tree, err);
	lb_node_unref(copy.tree);
	lb_autofree char *above = lb_path_dir(name);
	if (!rc)
		rc = lb_fs_mkdirs(x->dir_fd, above, err);
	if (!rc)
		rc = lb_exec_rename(x, "cache-new", x->dir_fd, name, err);
	lb_exec_remove(x, x->own_fd, "cache-new", NULL);
	return rc;
}

static int add_cache(struct mounting *m, const struct lb_exec_mount *c, const char *place, struct lb_err *err)
{
	lb_autofree char *name = cache_name(m->x, c->id, c->kept);
	lb_autofree char *source = lb_path_join(m->x->dir, name);
	pthread_mutex_lock(&m->x->lock);
	int rc = lb_fs_is_dir(m->x->dir_fd, name) ? 0 : make_cache(m->x, c, name, err);
	pthread_mutex_unlock(&m->x->lock);
	if (!rc)
		lb_exec_args(&m->out->args, c->writable ? "--bind" : "--ro-bind", source, place);
	return rc;
}

static int add_mount(struct mounting *m, size_t i, const struct lb_exec_mount *mount, struct lb_err *err)
{
	bool is_file = mount->type == LB_EXEC_FILE || (mount->type == LB_EXEC_BIND && mount->tree->attr.kind != LB_DIR);
	lb_autofree char *place = NULL;
	if (mount->type == LB_EXEC_SSH)
		return lb_fail(err, LB_UNSUPPORTED, "an agent's socket is not handed to a RUN (--mount=type=ssh)");
	int rc = place_for(m, mount->target, is_file, &place, err);
	if (rc)
		return rc;
	if (!place)
		return lb_fail(err, LB_FAILED, "%s is a link that leads nowhere: nothing can be mounted there", mount->target);
	switch (mount->type) {
	case LB_EXEC_BIND:
		return add_bind(m, i, mount, place, err);
	case LB_EXEC_CACHE:
		return add_cache(m, mount, place, err);
	case LB_EXEC_FILE:
		return add_file(m, mount, place, err);
	default:
		add_tmpfs(m, mount, place);
		return 0;
	}
}

/* ---- those that every RUN has ---- */

#define HOST "buildkitsandbox"
static const char hosts_text[] = "127.0.0.1\tlocalhost " HOST "\n::1\tlocalhost ip6-localhost ip6-loopback\n";
static const char hostname_text[] = HOST "\n";

static int add_network_file(struct mounting *m, const char *target, const void *data, size_t len, struct lb_err *err)
{
	const struct lb_exec_mount f = { .type = LB_EXEC_FILE, .writable = true, .data = data, .len = len, .mode = 0644 };
	bool there;
	lb_autofree char *real = real_target(m->run->root, target, &there);
	if (!real)
		return 0;
	lb_autofree char *place = lb_format("/%s", real);
	/* the stubs of every sandbox have the usual places */
	if (!there && strcmp(place, target) != 0) {
		int rc = make_stub(m, real, true, err);
		if (rc)
			return rc;
	}
	return add_file(m, &f, place, err);
}

/* Where the namespace's root is the machine's, what belongs to root in /proc would be the command's too: no
 * capability is asked for there. As docker has it. */
static void protect_proc(struct mounting *m)
{
	static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
	static const char *const hidden[] = { "/proc/acpi",       "/proc/asound",        "/proc/interrupts",  "/proc/kcore",
					      "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
					      "/proc/timer_list", "/proc/timer_stats" };
	struct stat st;
	for (size_t i = 0; i < LB_COUNT(read_only); i++)
		if (stat(read_only[i], &st) == 0)
			lb_exec_args(&m->out->args, "--ro-bind", read_only[i], read_only[i]);
	for (size_t i = 0; i < LB_COUNT(hidden); i++) {
		if (stat(hidden[i], &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			lb_exec_args(&m->out->args, "--tmpfs", hidden[i], "--remount-ro", hidden[i]);
		else
			lb_exec_args(&m->out->args, "--ro-bind", "/dev/null", hidden[i]);
	}
}

static int add_standard(struct mounting *m, struct lb_err *err)
{
	static const char *const places[] = { "dev", "proc", "etc", "etc/hosts", "etc/hostname", "etc/resolv.conf" };
	for (size_t i = 0; i < LB_COUNT(places); i++)
		if (!lb_tree_get(m->run->root, places[i]))
			lb_strv_add(&m->out->stubs, places[i]);
	lb_exec_args(&m->out->args, "--dev", "/dev", "--proc", "/proc");
	if (m->x->ns.ids == LB_IDS_ALL)
		protect_proc(m);
	int rc = add_network_file(m, "/etc/hosts", hosts_text, sizeof(hosts_text) - 1, err);
	if (!rc)
		rc = add_network_file(m, "/etc/hostname", hostname_text, sizeof(hostname_text) - 1, err);
	if (!rc && m->run->network)
		lb_fs_read(AT_FDCWD, "/etc/resolv.conf", &m->out->resolv, NULL);
	return rc ? rc : add_network_file(m, "/etc/resolv.conf", m->out->resolv.data, m->out->resolv.len, err);
}

/* What lies above is mounted before what lies below. */
static int by_target(const void *a, const void *b)
{
	const struct lb_exec_mount *const *x = a, *const *y = b;
	int c = strcmp((*x)->target, (*y)->target);
	return c ? c : (*x > *y) - (*x < *y);
}

int lb_exec_mounts_make(struct lb_exec *x, const struct lb_exec_run *run, const char *own, struct lb_exec_mounts *out, struct lb_err *err)
{
	struct mounting m = { x, run, own, out };
	lb_autofree const struct lb_exec_mount **order = lb_calloc(run->mounts_count + 1, sizeof(struct lb_exec_mount *));
	for (size_t i = 0; i < run->mounts_count; i++)
		order[i] = &run->mounts[i];
	if (run->mounts_count)
		qsort(order, run->mounts_count, sizeof(struct lb_exec_mount *), by_target);
	lb_exec_args(&out->args, "--hostname", HOST);
	int rc = add_standard(&m, err);
	for (size_t i = 0; !rc && i < run->mounts_count; i++)
		rc = add_mount(&m, i, order[i], err);
	return rc;
}

void lb_exec_mounts_release(struct lb_exec_mounts *m)
{
	lb_buf_release(&m->args);
	lb_buf_release(&m->resolv);
	lb_strv_release(&m->stubs);
}
