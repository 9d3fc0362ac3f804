/* SPDX-License-Identifier: Apache-2.0 */
#include "checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"

struct writing {
	const char *root;
	struct lb_err *err;
};

static int write_file(const char *path, const struct lb_node *n, struct lb_err *err)
{
	lb_autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, n->attr.mode & 0777);
	int errnum = errno;
	if (fd < 0)
		return lb_fail_errno(err, errnum, "cannot create %s", path);
	struct lb_fs_sink sink = { fd, path };
	return n->content ? lb_content_read(n->content, lb_fs_to_sink, &sink, err) : 0;
}

static int write_node(const char *path, size_t len, struct lb_node *n, void *arg)
{
	const struct writing *w = arg;
	lb_autofree char *rel = lb_strndup(path, len), *full = lb_path_join(w->root, rel);
	if (!len)
		return 0;
	if (n->attr.kind == LB_DIR)
		return lb_fs_mkdirs(AT_FDCWD, full, w->err);
	if (n->attr.kind == LB_SYMLINK && symlink(n->attr.target, full) != 0)
		return lb_fail_errno(w->err, errno, "cannot create %s", full);
	return n->attr.kind == LB_FILE ? write_file(full, n, w->err) : 0;
}

int checkout_tree(const char *repository, const char *hex, const char *prefix, const char *to, struct lb_err *err)
{
	lb_autonode struct lb_node *tree = NULL;
	struct writing w = { .root = to, .err = err };
	int rc = lb_tree_from_git(repository, hex, prefix, &tree, NULL, err);
	if (!rc)
		rc = lb_fs_mkdirs(AT_FDCWD, to, err);
	return rc ? rc : lb_tree_walk(tree, write_node, &w);
}

static enum lb_keep keep_others(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	static const char *const ours[] = { ".git", ".lbench" };
	(void)node;
	(void)arg;
	for (size_t i = 0; i < LB_COUNT(ours); i++)
		if (len == strlen(ours[i]) && memcmp(path, ours[i], len) == 0)
			return LB_DROP;
	return LB_KEEP;
}

int checkout_copy(const char *from, const char *to, struct lb_err *err)
{
	lb_autonode struct lb_node *tree = NULL;
	const struct lb_dir_options options = { .keep = keep_others };
	struct writing w = { .root = to, .err = err };
	int rc = lb_tree_from_dir(from, &options, &tree, err);
	if (!rc)
		rc = lb_fs_mkdirs(AT_FDCWD, to, err);
	return rc ? rc : lb_tree_walk(tree, write_node, &w);
}

int checkout_prefix(const char *path, const char *work_tree, char **out, struct lb_err *err)
{
	lb_autofree char *real = realpath(path, NULL), *root = realpath(work_tree, NULL);
	size_t n = root ? strlen(root) : 0;
	if (!real || !root || strncmp(real, root, n) != 0 || (real[n] && real[n] != '/'))
		return lb_fail(err, LB_INVALID, "%s: not there, or not in the work tree %s", path, work_tree);
	*out = lb_strdup(real[n] ? real + n + 1 : "");
	return 0;
}

int checkout_carry_edits(const char *head, const char *base, struct lb_err *err)
{
	lb_autofree char *from = lb_path_join(head, "lbench.yaml"), *to = lb_path_join(base, "lbench.yaml");
	lb_autobuf struct lb_buf text = { 0 };
	if (!lb_fs_exists(AT_FDCWD, from))
		return lb_fs_remove(AT_FDCWD, to, err);
	int rc = lb_fs_read(AT_FDCWD, from, &text, err);
	return rc ? rc : lb_fs_write(AT_FDCWD, to, lb_buf_str(&text), text.len, err);
}
