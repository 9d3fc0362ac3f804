/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "tree_util.h"

/* A directory to be walked, and one beside it for the memo. */
struct place {
	char *top, *dir, *memo;
};

static int set_up(void **state)
{
	struct place *p = lb_calloc(1, sizeof(*p));
	if (lb_fs_mkdtemp("/tmp", "lbench-tree-", &p->top, NULL))
		return -1;
	p->dir = lb_path_join(p->top, "ctx");
	p->memo = lb_path_join(p->top, "memo");
	*state = p;
	return mkdir(p->dir, 0755);
}

static int tear_down(void **state)
{
	struct place *p = *state;
	int rc = lb_fs_remove(AT_FDCWD, p->top, NULL);
	free(p->top);
	free(p->dir);
	free(p->memo);
	free(p);
	return rc;
}

static void write_file(const struct place *p, const char *name, const char *text)
{
	lb_autofree char *path = lb_path_join(p->dir, name);
	lb_autofree char *parent = lb_path_dir(path);
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, parent, NULL), 0);
	assert_int_equal(lb_fs_write(AT_FDCWD, path, text, strlen(text), NULL), 0);
}

/* Into the past, so that the file is not as new as the walk. */
static void set_time(const struct place *p, const char *name, int64_t sec, long nsec)
{
	lb_autofree char *path = lb_path_join(p->dir, name);
	const struct timespec t[2] = { { sec, nsec }, { sec, nsec } };
	assert_int_equal(utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW), 0);
}

static struct lb_node *walk_of(const struct place *p, const struct lb_dir_options *o)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	if (lb_tree_from_dir(p->dir, o, &n, &err))
		fail_msg("%s", err.text);
	return n;
}

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void a_canonical_context_is_the_same_everywhere(void **state)
{
	const struct place *p = *state;
	write_file(p, "b/script", "#!");
	write_file(p, "a", "x");
	lb_autofree char *script = lb_path_join(p->dir, "b/script"), *a = lb_path_join(p->dir, "a"), *b = lb_path_join(p->dir, "b");
	assert_int_equal(chmod(script, 0700) | chmod(a, 0606) | chmod(b, 0777), 0);
	set_time(p, "a", 12345, 6);
	lb_autofree char *l = lb_path_join(p->dir, "l"), *hard = lb_path_join(p->dir, "b/hard"), *fifo = lb_path_join(p->dir, "p");
	assert_int_equal(symlink("b/script", l) | link(a, hard) | mkfifo(fifo, 0666), 0);
	(void)setxattr(a, "user.x", "1", 1, 0);
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true });
	lb_autonode struct lb_node *expected = tree_of("d 0755 0:0 @1600000000 .\n"
						       "f 0644 0:0 @1600000000 a = x\n"
						       "d 0755 0:0 @1600000000 b\n"
						       "f 0644 0:0 @1600000000 b/hard = x\n"
						       "f 0755 0:0 @1600000000 b/script = #!\n"
						       "l 0777 0:0 @1600000000 l -> b/script\n"
						       "p 0644 0:0 @1600000000 p\n");
	assert_same_tree(root, expected);
}

static void metadata_may_be_what_the_disk_says(void **state)
{
	const struct place *p = *state;
	write_file(p, "d/a", "x");
	write_file(p, "d/alone", "y");
	lb_autofree char *a = lb_path_join(p->dir, "d/a"), *z = lb_path_join(p->dir, "z"), *d = lb_path_join(p->dir, "d");
	lb_autofree char *alone = lb_path_join(p->dir, "d/alone"), *outside = lb_path_join(p->top, "outside");
	assert_int_equal(link(a, z) | link(alone, outside) | chmod(a, 04711) | chmod(alone, 0600) | chmod(d, 01750), 0);
	bool has_xattrs = setxattr(a, "user.b", "v", 1, 0) == 0 && setxattr(a, "user.a", "", 0, 0) == 0;
	set_time(p, "d/a", 1234, 567);
	set_time(p, "d/alone", 3, 0);
	set_time(p, "d", 2, 0);
	set_time(p, ".", 1, 0);
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ 0 });
	struct lb_node *n = lb_tree_get(root, "d/a");
	assert_ptr_equal(n, lb_tree_get(root, "z"));
	assert_int_not_equal(n->attr.link_group, 0);
	assert_int_equal(n->attr.mode, 04711);
	assert_int_equal(n->attr.mtime.sec, 1234);
	assert_int_equal(n->attr.mtime.nsec, 567);
	assert_int_equal(n->attr.uid, getuid());
	assert_int_equal(lb_tree_get(root, "d")->attr.mode, 01750);
	assert_int_equal(lb_tree_get(root, "d")->attr.mtime.sec, 2);
	assert_int_equal(root->attr.mtime.sec, 1);
	assert_int_equal(lb_tree_get(root, "d/alone")->attr.link_group, 0);
	if (!has_xattrs) {
		print_message("no user xattrs below /tmp: not looked at\n");
		return;
	}
	assert_int_equal(n->attr.xattrs_count, 2);
	assert_string_equal(n->attr.xattrs[0].name, "user.a");
	assert_int_equal(n->attr.xattrs[0].value_len, 0);
	assert_string_equal(n->attr.xattrs[1].name, "user.b");
	assert_memory_equal(n->attr.xattrs[1].value, "v", 1);
}

static void odd_things_are_in_the_tree(void **state)
{
	const struct place *p = *state;
	write_file(p, "not\xff utf-8\n", "x");
	lb_autofree char *loop = lb_path_join(p->dir, "loop"), *sock = lb_path_join(p->dir, "sock");
	assert_int_equal(symlink("loop", loop), 0);
	lb_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	memcpy(addr.sun_path, sock, strlen(sock) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true });
	lb_autofree char *text = text_of(root);
	assert_string_equal(text, "d 0755 0:0 0 1600000000.000000000 .\n"
				  "l 0777 0:0 0 1600000000.000000000 loop -> loop\n"
				  "f 0644 0:0 1 1600000000.000000000 not\xff utf-8\\n "
				  "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n"
				  "s 0644 0:0 0 1600000000.000000000 sock\n");
}

/* Deeper than the kernel takes in one path, and deeper than there are descriptors. */
static void a_deep_directory_is_walked_and_read(void **state)
{
	const struct place *p = *state;
	int fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lb_autobuf struct lb_buf path = { 0 };
	for (int i = 0; i < 2500; i++) {
		assert_int_equal(mkdirat(fd, "dd", 0755), 0);
		int next = openat(fd, "dd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
		lb_buf_adds(&path, "dd/");
	}
	assert_int_equal(lb_fs_write(fd, "deep", "bytes", 5, NULL), 0);
	close(fd);
	lb_buf_adds(&path, "deep");
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ 0 });
	struct lb_node *deep = lb_tree_get(root, path.data);
	assert_non_null(deep);
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_content_load(deep->content, &b, NULL), 0);
	assert_string_equal(b.data, "bytes");
	struct lb_digest d;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &d, NULL), 0);
}

static void a_tree_holds_one_descriptor(void **state)
{
	const struct place *p = *state;
	for (int i = 0; i < 50; i++) {
		lb_autofree char *name = lb_format("d%d/f", i);
		write_file(p, name, "x");
	}
	size_t before = open_descriptors();
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true });
	struct lb_digest d;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &d, NULL), 0);
	assert_int_equal(open_descriptors(), before + 1);
	lb_node_unref(root);
	root = NULL;
	assert_int_equal(open_descriptors(), before);
}

static void content_that_changed_is_one_clear_error(void **state)
{
	const struct place *p = *state;
	static const char *const names[] = { "d/shrunk", "d/grown", "d/touched", "d/gone", "d/fifo", "d/link" };
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		write_file(p, names[i], "0123456789");
		set_time(p, names[i], 1000, 0);
	}
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true });
	write_file(p, "d/shrunk", "0123");
	write_file(p, "d/grown", "0123456789a");
	set_time(p, "d/touched", 2000, 0);
	lb_autofree char *gone = lb_path_join(p->dir, "d/gone"), *fifo = lb_path_join(p->dir, "d/fifo");
	lb_autofree char *lnk = lb_path_join(p->dir, "d/link");
	assert_int_equal(unlink(gone) | unlink(fifo) | mkfifo(fifo, 0600) | unlink(lnk) | symlink("gone", lnk), 0);
	static const char *const messages[] = {
		"%s/d/shrunk has changed while it was in use: 10 bytes then, 4 now",
		"%s/d/grown has changed while it was in use: 10 bytes then, 11 now",
		"%s/d/touched has changed while it was in use (written to)",
		"cannot read %s/d/gone: No such file or directory",
		"%s/d/fifo has changed while it was in use: 10 bytes then, 0 now",
		"cannot read %s/d/link: Too many levels of symbolic links",
	};
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		struct lb_digest d;
		struct lb_err err;
		assert_int_equal(lb_node_digest(lb_tree_get(root, names[i]), LB_FLAVOUR_FULL, &d, &err), LB_IO);
		const char *at = strstr(messages[i], "%s");
		lb_autofree char *expected = lb_format("%.*s%s%s", (int)(at - messages[i]), messages[i], p->dir, at + 2);
		assert_string_equal(err.text, expected);
		int fd = -1;
		assert_int_equal(lb_content_open(lb_tree_get(root, names[i])->content, &fd, &err), LB_IO);
	}
}

static void what_cannot_be_read(void **state)
{
	const struct place *p = *state;
	struct lb_node *n = NULL;
	struct lb_err err;
	const struct lb_dir_options o = { .canonical = true };
	assert_int_equal(lb_tree_from_dir("/nonexistent/ctx", &o, &n, &err), LB_NOT_FOUND);
	assert_string_equal(err.text, "/nonexistent/ctx: No such file or directory");
	write_file(p, "f", "x");
	lb_autofree char *f = lb_path_join(p->dir, "f");
	assert_int_equal(lb_tree_from_dir(f, &o, &n, &err), LB_IO);
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	lb_autofree char *closed = lb_path_join(p->dir, "closed");
	/* what the other user may not read: made by root, or by ourselves without permission */
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(p->top, 0755) | chmod(f, 0), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	lb_autonode struct lb_node *root = walk_of(p, &o);
	struct lb_digest d;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_SHAPE, &d, &err), 0);
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &d, &err), LB_IO);
	lb_autofree char *expected = lb_format("cannot read %s: Permission denied", f);
	assert_string_equal(err.text, expected);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(mkdir(closed, 0), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	int rc = lb_tree_from_dir(p->dir, &o, &n, &err);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, LB_IO);
	lb_autofree char *message = lb_format("cannot read %s: Permission denied", closed);
	assert_string_equal(err.text, message);
}

static enum lb_keep no_modules(const char *path, size_t len, const struct lb_node *n, void *arg)
{
	lb_buf_add(arg, path, len);
	lb_buf_addc(arg, (char)n->attr.kind);
	lb_buf_addc(arg, ' ');
	if (len >= 7 && memcmp(path + len - 7, "modules", 7) == 0)
		return LB_DROP;
	if (len == 5 && memcmp(path, "maybe", 5) == 0)
		return LB_DROP_BUT_ENTER;
	return len > 4 && memcmp(path + len - 4, ".log", 4) == 0 ? LB_DROP : LB_KEEP;
}

static void what_is_not_kept_is_not_read(void **state)
{
	const struct place *p = *state;
	write_file(p, "a.log", "x");
	write_file(p, "b", "x");
	write_file(p, "maybe/x.log", "x");
	write_file(p, "modules/deep/x", "x");
	lb_autofree char *modules = lb_path_join(p->dir, "modules");
	lb_autobuf struct lb_buf asked = { 0 };
	lb_autonode struct lb_node *root =
		walk_of(p, &(struct lb_dir_options){ .canonical = true, .keep = no_modules, .keep_arg = &asked });
	assert_string_equal(asked.data, "a.logf bf maybed maybe/x.logf modulesd ");
	lb_autonode struct lb_node *expected = tree_of("d 0755 0:0 @1600000000 .\nf 0644 0:0 @1600000000 b = x");
	assert_same_tree(root, expected);
	/* the same question asked of a whole tree has the same answer */
	lb_autonode struct lb_node *all = walk_of(p, &(struct lb_dir_options){ .canonical = true });
	lb_buf_clear(&asked);
	lb_autonode struct lb_node *filtered = lb_tree_filter(all, no_modules, &asked, NULL, NULL);
	assert_same_tree(filtered, expected);
}

/* ---- memo ---- */

static bool is_remembered(struct lb_node *root, const char *path)
{
	struct lb_digest d;
	return lb_content_digest_known(lb_tree_get(root, path)->content, &d);
}

static struct lb_node *walk_digest_save(const struct place *p)
{
	struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	struct lb_digest d;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &d, NULL), 0);
	assert_int_equal(lb_dir_memo_save(p->memo, root, NULL), 0);
	return root;
}

static void make_old_files(const struct place *p)
{
	for (int i = 0; i < 100; i++) {
		lb_autofree char *name = lb_format("d%d/f%d", i % 7, i);
		lb_autofree char *text = lb_format("%*d", i + 1, i);
		write_file(p, name, text);
	}
	usleep(60000); /* out of the clock tick of the walk: the change time cannot be set */
}

static void digests_are_remembered(void **state)
{
	const struct place *p = *state;
	make_old_files(p);
	lb_autonode struct lb_node *first = walk_digest_save(p);
	lb_autonode struct lb_node *again = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	assert_true(is_remembered(again, "d3/f3"));
	assert_true(is_remembered(again, "d1/f99"));
	assert_same_tree(first, again);
	/* nothing new: the memo stays the file that it is */
	struct stat before, after;
	assert_int_equal(stat(p->memo, &before), 0);
	lb_autonode struct lb_node *third = walk_digest_save(p);
	assert_int_equal(stat(p->memo, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* a file less, and what was recalled is saved again */
	lb_autofree char *path = lb_path_join(p->dir, "d0/f0");
	assert_int_equal(unlink(path), 0);
	lb_autonode struct lb_node *less = walk_digest_save(p);
	assert_int_equal(stat(p->memo, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	lb_autonode struct lb_node *fourth = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	assert_true(is_remembered(fourth, "d3/f3"));
}

static void what_changed_is_forgotten(void **state)
{
	const struct place *p = *state;
	make_old_files(p);
	lb_autonode struct lb_node *first = walk_digest_save(p);
	/* the same size, the modification time put back: the change time gives it away */
	struct stat st;
	lb_autofree char *path = lb_path_join(p->dir, "d3/f3");
	assert_int_equal(stat(path, &st), 0);
	lb_autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "9", 1, 0), 1);
	set_time(p, "d3/f3", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	lb_autonode struct lb_node *again = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	assert_false(is_remembered(again, "d3/f3"));
	assert_true(is_remembered(again, "d4/f4"));
	struct lb_digest a, b;
	assert_int_equal(lb_node_digest(first, LB_FLAVOUR_FULL, &a, NULL), 0);
	assert_int_equal(lb_node_digest(again, LB_FLAVOUR_FULL, &b, NULL), 0);
	assert_false(lb_digest_equal(&a, &b));
}

static void files_as_new_as_the_walk_are_not_remembered(void **state)
{
	const struct place *p = *state;
	make_old_files(p);
	write_file(p, "d3/f3", "new");
	lb_autonode struct lb_node *first = walk_digest_save(p);
	lb_autonode struct lb_node *again = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	assert_false(is_remembered(again, "d3/f3"));
	assert_true(is_remembered(again, "d4/f4"));
}

static void a_damaged_memo_is_as_good_as_none(void **state)
{
	const struct place *p = *state;
	make_old_files(p);
	lb_autonode struct lb_node *first = walk_digest_save(p);
	lb_autobuf struct lb_buf good = { 0 };
	assert_int_equal(lb_fs_read(AT_FDCWD, p->memo, &good, NULL), 0);
	const size_t flips[] = { 0, 8, 16, 24, 40, good.len / 2, good.len - 1 };
	for (size_t i = 0; i < LB_COUNT(flips); i++) {
		good.data[flips[i]] ^= 0x10;
		assert_int_equal(lb_fs_write(AT_FDCWD, p->memo, good.data, good.len, NULL), 0);
		good.data[flips[i]] ^= 0x10;
		lb_autonode struct lb_node *n = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
		assert_false(is_remembered(n, "d4/f4"));
	}
	const size_t cuts[] = { 0, 1, 31, 32, good.len - 8, good.len - 1 };
	for (size_t i = 0; i < LB_COUNT(cuts); i++) {
		assert_int_equal(lb_fs_write(AT_FDCWD, p->memo, good.data, cuts[i], NULL), 0);
		lb_autonode struct lb_node *n = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
		assert_false(is_remembered(n, "d4/f4"));
	}
	assert_int_equal(lb_fs_write(AT_FDCWD, p->memo, good.data, good.len, NULL), 0);
	lb_autonode struct lb_node *n = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = p->memo });
	assert_true(is_remembered(n, "d4/f4"));
}

static void a_memo_that_cannot_be_written_says_so(void **state)
{
	const struct place *p = *state;
	write_file(p, "f", "x");
	lb_autonode struct lb_node *root = walk_of(p, &(struct lb_dir_options){ .canonical = true, .memo_path = "/nonexistent/memo" });
	struct lb_err err;
	assert_int_equal(lb_dir_memo_save("/nonexistent/memo", root, &err), LB_CANTCREAT);
	assert_string_equal(err.text, "while writing the memo of content digests: cannot create /nonexistent/memo: "
				      "No such file or directory");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_canonical_context_is_the_same_everywhere),
		CASE(metadata_may_be_what_the_disk_says),
		CASE(odd_things_are_in_the_tree),
		CASE(a_deep_directory_is_walked_and_read),
		CASE(a_tree_holds_one_descriptor),
		CASE(content_that_changed_is_one_clear_error),
		CASE(what_cannot_be_read),
		CASE(what_is_not_kept_is_not_read),
		CASE(digests_are_remembered),
		CASE(what_changed_is_forgotten),
		CASE(files_as_new_as_the_walk_are_not_remembered),
		CASE(a_damaged_memo_is_as_good_as_none),
		CASE(a_memo_that_cannot_be_written_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
