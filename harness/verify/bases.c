/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/bases.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/tree.h"

static const char *const directories[] = { "bin", "etc", "tmp", "var", "usr", "usr/bin", "lib", "proc", "dev", "sys", "root" };

static const char *const applets[] = {
	"sh",    "cat",  "echo",  "ls",    "cp",    "mv",  "rm",     "mkdir", "rmdir", "ln",   "touch", "true",
	"false", "date", "sleep", "chmod", "chown", "env", "test",   "find",  "sort",  "head", "tail",  "wc",
	"od",    "dd",   "sed",   "grep",  "id",    "pwd", "mkfifo", "mknod", "stat",  "tar",
};

static const struct text_file {
	const char *path, *text;
} texts[] = {
	{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n" },
	{ "etc/group", "root:x:0:\napp:x:1000:\n" },
	{ "etc/lower/a", "lower a\n" },
	{ "etc/lower/b", "lower b\n" },
	{ "etc/lower/sub/c", "lower c\n" },
};
static const struct text_file second = { "etc/second", "2\n" };

/* What a variant is made of, and what its configuration says beside. */
static const struct variant {
	const char *name;
	bool with_second;
	struct lb_pair env;
	const char *workdir;
	const char *onbuild[2];
} variants[] = {
	{ .name = "v1" },
	{ .name = "v2", .with_second = true },
	{ .name = "v1env", .env = { "BASE_ENV", "set" } },
	{ .name = "v1workdir", .workdir = "/srv" },
	{ .name = "onbuild1", .onbuild = { "COPY a.txt /onbuild/a.txt", "RUN echo one > /onbuild/log" } },
	{ .name = "onbuild2", .onbuild = { "COPY a.txt /onbuild/a.txt", "RUN echo two > /onbuild/log" } },
};

struct verify_bases {
	struct lb_base_image *images[LB_COUNT(variants)];
};

/* Takes the reference to node. Replaces *tree. */
static int put(struct lb_node **tree, const char *path, struct lb_node *node, struct lb_err *err)
{
	static const struct lb_attr parent = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	struct lb_node *next;
	int rc = lb_tree_put(*tree, path, node, &parent, false, &next, err);
	if (rc) {
		lb_node_unref(node);
		return rc;
	}
	lb_node_unref(*tree);
	*tree = next;
	return 0;
}

static struct lb_node *file(uint32_t mode, struct lb_content *content)
{
	struct lb_attr attr = { .kind = LB_FILE, .mode = mode, .mtime = { LB_CONTEXT_TIME, 0 } };
	return lb_node_new(&attr, content);
}

static int put_text(struct lb_node **tree, const struct text_file *f, struct lb_err *err)
{
	return put(tree, f->path, file(0644, lb_content_text(f->text)), err);
}

static int put_applets(struct lb_node **tree, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(applets); i++) {
		struct lb_attr attr = { .kind = LB_SYMLINK, .mode = 0777, .mtime = { LB_CONTEXT_TIME, 0 }, .target = "busybox" };
		lb_autofree char *path = lb_format("bin/%s", applets[i]);
		rc = put(tree, path, lb_node_new(&attr, NULL), err);
	}
	return rc;
}

static int put_directories(struct lb_node **tree, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(directories); i++) {
		struct lb_attr attr = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
		if (strcmp(directories[i], "tmp") == 0)
			attr.mode = 01777;
		rc = put(tree, directories[i], lb_node_new_dir(&attr, NULL, 0), err);
	}
	return rc;
}

static int root_file_system(struct lb_content *busybox, bool with_second, struct lb_node **out, struct lb_err *err)
{
	struct lb_attr root = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	lb_autonode struct lb_node *tree = lb_node_new_dir(&root, NULL, 0);
	int rc = put_directories(&tree, err);
	if (!rc)
		rc = put(&tree, "bin/busybox", file(0755, lb_content_ref(busybox)), err);
	if (!rc)
		rc = put_applets(&tree, err);
	for (size_t i = 0; !rc && i < LB_COUNT(texts); i++)
		rc = put_text(&tree, &texts[i], err);
	if (!rc && with_second)
		rc = put_text(&tree, &second, err);
	if (!rc)
		*out = lb_steal(&tree);
	return rc;
}

static int make_variant(const struct variant *v, struct lb_node *tree, struct lb_base_image **out, struct lb_err *err)
{
	struct lb_base_layer_model layer = { .id = "", .tree = tree };
	struct lb_pair env = v->env;
	struct lb_image_config config = { .user = "",
					  .workdir = v->workdir ? v->workdir : "",
					  .stop_signal = "",
					  .author = "",
					  .onbuild = (char **)(uintptr_t)v->onbuild,
					  .onbuild_count = v->onbuild[0] ? LB_COUNT(v->onbuild) : 0 };
	if (env.name)
		config.env = (struct lb_pairs){ &env, 1, 1 };
	struct lb_base_model m = { .name = v->name, .layers = &layer, .layers_count = 1, .config = &config };
	return lb_base_from_model(&m, out, err);
}

int verify_bases_new(const char *busybox, struct verify_bases **out, struct lb_err *err)
{
	struct stat st;
	if (stat(busybox, &st) != 0)
		return lb_fail(err, LB_UNAVAILABLE, "%s is needed: the bases of the cases hold it (busybox-static)", busybox);
	lb_autocontent struct lb_content *program = lb_content_file(AT_FDCWD, busybox, 0, (uint64_t)st.st_size);
	struct verify_bases *b = lb_calloc(1, sizeof(*b));
	lb_autonode struct lb_node *first = NULL;
	lb_autonode struct lb_node *other = NULL;
	int rc = root_file_system(program, false, &first, err);
	if (!rc)
		rc = root_file_system(program, true, &other, err);
	for (size_t i = 0; !rc && i < LB_COUNT(variants); i++)
		rc = make_variant(&variants[i], variants[i].with_second ? other : first, &b->images[i], err);
	if (rc) {
		verify_bases_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void verify_bases_free(struct verify_bases *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < LB_COUNT(variants); i++)
		lb_base_image_free(b->images[i]);
	free(b);
}

struct lb_base_image *verify_bases_find(const struct verify_bases *b, const char *variant)
{
	for (size_t i = 0; i < LB_COUNT(variants); i++)
		if (strcmp(variants[i].name, variant) == 0)
			return b->images[i];
	return NULL;
}
