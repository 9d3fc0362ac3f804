/* SPDX-License-Identifier: Apache-2.0
 *
 * One RUN: its layers brought together, its sandbox described and started, what it left taken up.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/exec.h"
#include "run/sandbox.h"
#include "run/unpack.h"
#include "run/upper.h"

/* Docker's default set. */
static const char *const capabilities[] = { "CAP_CHOWN",      "CAP_DAC_OVERRIDE", "CAP_FOWNER",      "CAP_FSETID",           "CAP_KILL",
					    "CAP_SETGID",     "CAP_SETUID",       "CAP_SETPCAP",     "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
					    "CAP_SYS_CHROOT", "CAP_MKNOD",        "CAP_AUDIT_WRITE", "CAP_SETFCAP" };

struct running {
	struct lb_exec *x;
	const struct lb_exec_run *run;
	char *own; /* "tmp/XXXXXX/N" */
	struct lb_exec_mounts mounts;
	struct lb_user user;
	struct lb_buf overlay;
	int userns; /* borrowed; -1 */
	int args, filter, status;
	struct lb_time start;
};

static void running_release(struct running *r)
{
	lb_exec_mounts_release(&r->mounts);
	lb_user_release(&r->user);
	lb_buf_release(&r->overlay);
	lb_cleanup_fd(&r->args);
	lb_cleanup_fd(&r->filter);
	lb_cleanup_fd(&r->status);
	free(r->own);
}

/* ---- before ---- */

/* N/ with what an overlay mount needs; the time at which the RUN starts, from the file system itself. */
static int make_own(struct running *r, struct lb_err *err)
{
	static const char *const names[] = { "", "/u", "/w" };
	pthread_mutex_lock(&r->x->lock);
	r->own = lb_format("%s/%" PRIu64, r->x->own, ++r->x->runs);
	pthread_mutex_unlock(&r->x->lock);
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		lb_autofree char *path = lb_format("%s%s", r->own, names[i]);
		if (mkdirat(r->x->dir_fd, path, 0755) != 0 || fchmodat(r->x->dir_fd, path, 0755, 0) != 0)
			return lb_recode(err, (lb_fail_errno(err, errno, "cannot create %s/%s", r->x->dir, path), LB_CANTCREAT));
	}
	lb_autofree char *upper = lb_format("%s/u", r->own);
	return lb_run_unpack_attr(&r->x->ns, r->x->dir_fd, upper, r->run->root, err);
}

static int note_start(struct running *r, struct lb_err *err)
{
	struct stat st;
	if (utimensat(r->x->dir_fd, r->own, NULL, 0) != 0 || fstatat(r->x->dir_fd, r->own, &st, 0) != 0)
		return lb_fail_errno(err, errno, "cannot read %s/%s", r->x->dir, r->own);
	r->start = (struct lb_time){ st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec };
	return 0;
}

enum { OPTIONS_MAX = 4095 }; /* the kernel takes one page */

/* Relative to layers/. The first is the uppermost. overlayfs takes a directory once: of a layer that is there
 * twice only the upper one counts, and what a RUN left empty has none. */
static int describe_overlay(struct running *r, struct lb_err *err)
{
	struct lb_buf *o = &r->overlay;
	lb_autostrv struct lb_strv seen = { 0 };
	lb_strv_add(&seen, LB_EXEC_STUBS);
	lb_buf_adds(o, "lowerdir=");
	for (size_t i = r->run->layers_count; i-- > 0;) {
		lb_autofree char *path = NULL;
		int rc = lb_exec_layer_place(r->x, r->run->layers[i], r->run->layer_ids ? &r->run->layer_ids[i] : NULL, r->run->root, &path,
					     err);
		if (rc)
			return rc;
		if (lb_strv_has(&seen, path))
			continue;
		lb_strv_add(&seen, path);
		lb_buf_addf(o, "%s:", path);
	}
	if (r->mounts.stubs_made)
		lb_buf_addf(o, "../%s/s:", r->own);
	lb_buf_addf(o, LB_EXEC_STUBS ",upperdir=../%s/u,workdir=../%s/w,userxattr,volatile", r->own, r->own);
	if (o->len > OPTIONS_MAX)
		return lb_fail(err, LB_UNSUPPORTED, "%zu layers are more than one mount takes", r->run->layers_count);
	return 0;
}

/* Namespaces of users other than root are made once. */
static int find_userns(struct running *r, struct lb_err *err)
{
	const struct lb_user *u = &r->user;
	bool single = r->x->ns.ids == LB_IDS_ONE;
	r->userns = -1;
	if (!u->uid && (!u->gid || !single))
		return 0;
	if (!single && (!lb_ns_knows(&r->x->ns, u->uid) || !lb_ns_knows(&r->x->ns, u->gid)))
		return lb_fail(err, LB_UNAVAILABLE, "USER %u:%u is beyond the sub-ids that this user has", u->uid, u->gid);
	const uint32_t key[2] = { u->uid, u->gid };
	int rc = 0;
	pthread_mutex_lock(&r->x->lock);
	const int *there = lb_map_getn(r->x->users, key, sizeof(key));
	if (there) {
		r->userns = *there;
	} else {
		rc = lb_ns_for_user(&r->x->ns, u->uid, u->gid, &r->userns, err);
		int *box = rc ? NULL : lb_malloc(sizeof(*box));
		if (box) {
			*box = r->userns;
			lb_map_setn(r->x->users, key, sizeof(key), box);
		}
	}
	pthread_mutex_unlock(&r->x->lock);
	return rc;
}

static void add_env(struct running *r, struct lb_buf *args)
{
	bool home = false;
	lb_exec_arg(args, "--clearenv");
	for (size_t i = 0; i < r->run->env_count; i++) {
		const char *text = r->run->env[i];
		size_t len = strcspn(text, "=");
		lb_autofree char *name = lb_strndup(text, len);
		home = home || strcmp(name, "HOME") == 0;
		lb_exec_args(args, "--setenv", name, text[len] ? text + len + 1 : "");
	}
	if (!home)
		lb_exec_args(args, "--setenv", "HOME", r->user.home);
}

static void describe_sandbox(struct running *r, struct lb_buf *args)
{
	char number[4][12];
	for (int i = 0; i < 4; i++)
		snprintf(number[i], sizeof(number[i]), "%d", LB_FD_ARGS + i);
	lb_autofree char *merged = lb_format("%s/%s/m", r->x->dir, r->x->own);
	/* pid 1 as in a container; and bubblewrap waits for pid 1 alone, so that only so it sees what was used */
	lb_exec_args(args, "--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent",
		     "--new-session");
	if (!r->run->network)
		lb_exec_arg(args, "--unshare-net");
	lb_exec_args(args, "--cap-drop", "ALL");
	for (size_t i = 0; i < LB_COUNT(capabilities) && r->userns < 0; i++)
		lb_exec_args(args, "--cap-add", capabilities[i]);
	lb_exec_args(args, "--seccomp", number[LB_FD_SECCOMP - LB_FD_ARGS], "--json-status-fd", number[LB_FD_STATUS - LB_FD_ARGS]);
	if (r->userns >= 0)
		lb_exec_args(args, "--userns", number[LB_FD_USERNS - LB_FD_ARGS]);
	lb_exec_args(args, "--bind", merged, "/");
	lb_buf_add(args, r->mounts.args.data, r->mounts.args.len);
	add_env(r, args);
	lb_exec_args(args, "--chdir", r->run->cwd && *r->run->cwd ? r->run->cwd : "/");
}

static int memory_file(const char *name, const void *data, size_t len, int *fd, struct lb_err *err)
{
	*fd = memfd_create(name, MFD_CLOEXEC);
	if (*fd < 0)
		return lb_fail_errno(err, errno, "cannot make a file in memory");
	int rc = len ? lb_fs_write_fd(*fd, data, len, name, err) : 0;
	if (!rc && lseek(*fd, 0, SEEK_SET) != 0)
		rc = lb_fail_errno(err, errno, "cannot read a file in memory");
	return rc;
}

static int make_descriptors(struct running *r, struct lb_err *err)
{
	lb_autobuf struct lb_buf args = { 0 };
	describe_sandbox(r, &args);
	int rc = memory_file("arguments", args.data, args.len, &r->args, err);
	if (!rc)
		rc = memory_file("filter", r->x->filter.data, r->x->filter.len, &r->filter, err);
	return rc ? rc : memory_file("status", NULL, 0, &r->status, err);
}

static int prepare(struct running *r, struct lb_err *err)
{
	int rc = lb_user_find(r->run->root, r->run->user, &r->user, err);
	if (!rc && r->run->network && !r->x->options.allow_network)
		rc = lb_fail(err, LB_UNSUPPORTED, "the RUN asks for the network, and was not allowed to have it");
	if (!rc)
		rc = find_userns(r, err);
	if (!rc)
		rc = make_own(r, err);
	if (!rc)
		rc = lb_exec_mounts_make(r->x, r->run, r->own, &r->mounts, err);
	if (!rc)
		rc = describe_overlay(r, err);
	if (!rc)
		rc = make_descriptors(r, err);
	return rc ? rc : note_start(r, err);
}

/* ---- the sandbox ---- */

static int carry_out(struct running *r, struct lb_sandbox_end *end, struct lb_err *err)
{
	char option[] = "--args", number[] = "3", stop[] = "--";
	lb_autofree char *merged = lb_format("%s/%s/m", r->x->dir, r->x->own);
	lb_autofree char *files = lb_format("%s/%s/f", r->x->dir, r->x->own);
	lb_autofree char **argv = lb_calloc(r->run->argv_count + 5, sizeof(*argv));
	_Static_assert(LB_FD_ARGS == 3, "the number above");
	argv[0] = r->x->bwrap;
	argv[1] = option;
	argv[2] = number;
	argv[3] = stop;
	memcpy(argv + 4, r->run->argv, r->run->argv_count * sizeof(*argv));
	const struct lb_sandbox s = { .ns = &r->x->ns,
				      .cwd = r->x->layers_fd,
				      .overlay = lb_buf_str(&r->overlay),
				      .merged = merged,
				      .files_dir = files,
				      .files = r->mounts.files,
				      .files_count = r->mounts.files_count,
				      .bwrap = r->x->bwrap,
				      .argv = argv,
				      .args = r->args,
				      .seccomp = r->filter,
				      .status = r->status,
				      .userns = r->userns,
				      .uid = r->user.uid,
				      .gid = r->user.gid,
				      .groups = r->user.groups,
				      .groups_count = r->user.groups_count,
				      .output_bytes = r->x->options.output_bytes,
				      .cancel = r->run->cancel };
	return lb_sandbox_run(&s, end, err);
}

/* bubblewrap says so once the command is running and has ended; its own failures leave no such line. */
static bool command_ran(const struct running *r)
{
	char text[512] = "";
	ssize_t n = pread(r->status, text, sizeof(text) - 1, 0);
	return n > 0 && strstr(text, "\"exit-code\"");
}

/* What is wrong with the command is the command's failure; everything else is the machine's. */
static int not_started(const struct running *r, struct lb_exec_result *out, struct lb_err *err)
{
	const char *said = lb_buf_str(&out->output);
	lb_autofree char *text = lb_strndup(said, strcspn(said, "\n"));
	if (strncmp(text, "bwrap: execvp", 13) != 0 && !strstr(text, "Can't chdir"))
		return lb_fail(err, LB_UNAVAILABLE, "the sandbox cannot be set up: %s", *text ? text : "bubblewrap says nothing");
	const char *why = strrchr(text, ':');
	bool missing = strstr(text, "No such file") != NULL;
	lb_buf_clear(&out->output);
	if (strncmp(text, "bwrap: execvp", 13) == 0)
		lb_buf_addf(&out->output, "exec %s%s\n", r->run->argv[0], why ? why : "");
	else
		lb_buf_addf(&out->output, "the working directory %s%s\n", r->run->cwd, why ? why : "");
	out->output_bytes = out->output.len;
	out->exit_code = missing ? 127 : 126;
	return 0;
}

static int take_end(const struct running *r, struct lb_sandbox_end *end, struct lb_exec_result *out, struct lb_err *err)
{
	*out = (struct lb_exec_result){
		.output = end->output, .output_bytes = end->output_bytes, .used = end->used
	};
	if (WIFSIGNALED(end->status))
		return lb_fail(err, LB_UNAVAILABLE, "the sandbox was killed by signal %d", WTERMSIG(end->status));
	out->exit_code = WEXITSTATUS(end->status);
	return command_ran(r) ? 0 : not_started(r, out, err);
}

/* ---- after ---- */

static int take_layer(struct running *r, struct lb_exec_result *out, struct lb_err *err)
{
	lb_autofree char *upper = lb_format("%s/%s/u", r->x->dir, r->own);
	const struct lb_upper u = { .ns = &r->x->ns,
				    .path = upper,
				    .root = r->run->root,
				    .stubs = &r->mounts.stubs,
				    .start = r->run->keep_times ? (struct lb_time){ 0 } : r->start,
				    .stamp = r->run->stamp,
				    .uid = r->user.uid,
				    .gid = r->user.gid };
	return lb_upper_layer(&u, &out->layer, err);
}

static bool is_empty(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t names = 0;
	while (dir && readdir(dir))
		names++;
	if (dir)
		closedir(dir);
	return names == 2;
}

/* What takes room and is not needed any more. The directories themselves go with the executor: taking them
 * away costs more than a short command. */
static void clean(const struct running *r, bool keep_upper)
{
	lb_autofree char *upper = lb_format("%s/u", r->own);
	lb_autofree char *stubs = lb_format("%s/s", r->own);
	if (!keep_upper && !is_empty(r->x->dir_fd, upper))
		lb_exec_remove(r->x, r->x->dir_fd, upper, NULL);
	if (r->mounts.stubs_made)
		lb_exec_remove(r->x, r->x->dir_fd, stubs, NULL);
	for (size_t i = 0; i < r->run->mounts_count; i++) {
		lb_autofree char *path = lb_format("%s/b%zu", r->own, i);
		lb_exec_remove(r->x, r->x->dir_fd, path, NULL);
	}
}

static int run_once(struct lb_exec *x, const struct lb_exec_run *run, const struct lb_digest *key, struct lb_exec_result *out,
		    struct lb_err *err)
{
	__attribute__((
		cleanup(running_release))) struct running r = { .x = x, .run = run, .userns = -1, .args = -1, .filter = -1, .status = -1 };
	struct lb_sandbox_end end = { 0 };
	int rc = prepare(&r, err);
	if (!rc) {
		if (run->begin)
			run->begin(run->arg);
		rc = carry_out(&r, &end, err);
		if (rc)
			lb_buf_release(&end.output);
	}
	if (!rc)
		rc = take_end(&r, &end, out, err);
	if (!rc && run->end)
		run->end(run->arg, out);
	if (!rc && out->exit_code == 0)
		rc = take_layer(&r, out, err);
	if (rc)
		lb_exec_result_release(out);
	if (r.own)
		clean(&r, !rc && out->layer);
	if (!rc && out->layer) {
		lb_autofree char *place = lb_format("../%s/u", r.own);
		lb_exec_layer_note(x, out->layer, place, key);
	}
	return rc;
}

/* ---- the entry of /etc ---- */

/* The layer with the entry that root has; on disk it changes nothing. */
static struct lb_node *with_etc(const struct lb_exec_run *run, const struct lb_node *layer)
{
	static const struct lb_attr root_attr = { .kind = LB_DIR, .mode = 0755, .implied = true };
	const struct lb_node *etc = lb_dir_find(run->root, "etc", 3);
	struct lb_node *with = NULL;
	if (!lb_node_is_dir(etc) || (layer && lb_dir_find(layer, "etc", 3)))
		return NULL;
	lb_autonode struct lb_node *none = lb_node_new_dir(&root_attr, NULL, 0);
	struct lb_node *entry = lb_node_new_dir(&etc->attr, NULL, 0);
	if (lb_tree_put(layer ? layer : none, "etc", entry, NULL, false, &with, NULL))
		lb_node_unref(entry);
	return with;
}

static void list_etc(struct lb_exec *x, const struct lb_exec_run *run, const struct lb_digest *key, struct lb_exec_result *out)
{
	struct lb_node *with = with_etc(run, out->layer);
	static const struct lb_digest nothing;
	lb_autofree char *path = NULL;
	if (!with)
		return;
	if (out->layer)
		lb_exec_layer_place(x, out->layer, NULL, run->root, &path, NULL);
	lb_exec_layer_note(x, with, path ? path : LB_EXEC_STUBS, !x->memo ? NULL : out->layer ? key : &nothing);
	lb_node_unref(out->layer);
	out->layer = with;
}

int lb_exec_run(struct lb_exec *x, const struct lb_exec_run *run, struct lb_exec_result *out, struct lb_err *err)
{
	struct lb_digest key;
	*out = (struct lb_exec_result){ 0 };
	bool memorable = lb_exec_memo_key(x, run, &key);
	if (!memorable || !lb_exec_memo_get(x, &key, run, out)) {
		int rc = run_once(x, run, memorable ? &key : NULL, out, err);
		if (rc)
			return rc;
		if (memorable)
			lb_exec_memo_put(x, &key, run, out);
	}
	if (run->lists_etc && out->exit_code == 0)
		list_etc(x, run, memorable ? &key : NULL, out);
	return 0;
}

void lb_exec_result_release(struct lb_exec_result *r)
{
	lb_buf_release(&r->output);
	lb_node_unref(r->layer);
	*r = (struct lb_exec_result){ 0 };
}
