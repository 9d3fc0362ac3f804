/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest root file system in which commands run: this machine's static busybox under the names of its
 * commands, and the files that every root has.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/prepare.h"

static const char *const places[] = { "/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static" };

/* Of those that Debian's, Alpine's and upstream's busybox have; what is missing says so when it is called. */
static const char *const commands[] = {
	"[",       "ash",     "awk",     "base64", "basename", "cat",     "chgrp",     "chmod",     "chown",    "cksum",    "cmp",
	"cp",      "cut",     "date",    "dd",     "df",       "diff",    "dirname",   "du",        "echo",     "egrep",    "env",
	"expand",  "expr",    "false",   "fgrep",  "find",     "fold",    "grep",      "gunzip",    "gzip",     "head",     "hostname",
	"id",      "install", "kill",    "ln",     "ls",       "md5sum",  "mkdir",     "mkfifo",    "mknod",    "mktemp",   "mv",
	"nproc",   "od",      "paste",   "patch",  "printenv", "printf",  "ps",        "pwd",       "readlink", "realpath", "rev",
	"rm",      "rmdir",   "sed",     "seq",    "sh",       "sha1sum", "sha256sum", "sha512sum", "shuf",     "sleep",    "sort",
	"split",   "stat",    "strings", "stty",   "sync",     "tac",     "tail",      "tar",       "tee",      "test",     "time",
	"timeout", "touch",   "tr",      "true",   "truncate", "tty",     "uname",     "uniq",      "unlink",   "unzip",    "vi",
	"wc",      "wget",    "which",   "whoami", "xargs",    "yes",     "zcat"
};

static const struct {
	const char *path, *text;
	uint32_t mode;
} files[] = {
	{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n", 0644 },
	{ "etc/group", "root:x:0:\nnogroup:x:65534:\n", 0644 },
	{ "dev", NULL, 0755 },
	{ "home", NULL, 0755 },
	{ "proc", NULL, 0555 },
	{ "root", NULL, 0700 },
	{ "sys", NULL, 0555 },
	{ "tmp", NULL, 01777 },
	{ "usr/bin", NULL, 0755 },
	{ "var", NULL, 0755 },
};

/* A program that needs no other file: it names no interpreter (the ELF program header PT_INTERP). */
static bool is_static(const char *path)
{
	unsigned char head[4096];
	lb_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	if (n < (ssize_t)sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	if (head[EI_CLASS] != ELFCLASS64)
		return true;
	Elf64_Ehdr e;
	memcpy(&e, head, sizeof(e));
	for (size_t i = 0; i < e.e_phnum && e.e_phoff + (i + 1) * sizeof(Elf64_Phdr) <= (size_t)n; i++) {
		Elf64_Phdr p;
		memcpy(&p, head + e.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static const char *find_program(void)
{
	for (size_t i = 0; i < LB_COUNT(places); i++)
		if (access(places[i], X_OK) == 0 && is_static(places[i]))
			return places[i];
	return NULL;
}

static int put(struct lb_node **tree, const char *path, struct lb_node *n, struct lb_err *err)
{
	const struct lb_attr dir = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	struct lb_node *next;
	int rc = lb_tree_put(*tree, path, n, &dir, false, &next, err);
	if (rc) {
		lb_node_unref(n);
		return rc;
	}
	lb_node_unref(*tree);
	*tree = next;
	return 0;
}

static int put_files(struct lb_node **tree, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(files); i++) {
		struct lb_attr a = { .kind = files[i].text ? LB_FILE : LB_DIR, .mode = files[i].mode, .mtime = { LB_CONTEXT_TIME, 0 } };
		rc = put(tree, files[i].path,
			 files[i].text ? lb_node_new(&a, lb_content_text(files[i].text)) : lb_node_new_dir(&a, NULL, 0), err);
	}
	return rc;
}

static int put_commands(struct lb_node **tree, const char *program, struct lb_err *err)
{
	struct lb_attr file = { .kind = LB_FILE, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	struct lb_attr link = { .kind = LB_SYMLINK, .mode = 0777, .mtime = { LB_CONTEXT_TIME, 0 }, .target = "busybox" };
	struct stat st;
	if (stat(program, &st) != 0)
		return lb_fail(err, LB_IO, "%s cannot be read", program);
	int rc = put(tree, "bin/busybox", lb_node_new(&file, lb_content_file(AT_FDCWD, program, 0, (uint64_t)st.st_size)), err);
	for (size_t i = 0; !rc && i < LB_COUNT(commands); i++) {
		lb_autofree char *path = lb_format("bin/%s", commands[i]);
		rc = put(tree, path, lb_node_new(&link, NULL), err);
	}
	return rc;
}

int base_busybox(struct lb_node **out, struct lb_err *err)
{
	const char *program = find_program();
	if (!program)
		return lb_fail(err, LB_UNAVAILABLE, "there is no static busybox here (Debian's package busybox-static)");
	struct lb_node *tree = lb_tree_empty();
	int rc = put_files(&tree, err);
	if (!rc)
		rc = put_commands(&tree, program, err);
	if (rc)
		lb_node_unref(tree);
	else
		*out = tree;
	return rc;
}
