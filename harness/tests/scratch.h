/* SPDX-License-Identifier: Apache-2.0
 *
 * A temporary directory with files in it, for tests that load scenarios.
 */
#ifndef LBENCH_TESTS_SCRATCH_H
#define LBENCH_TESTS_SCRATCH_H

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "scenario/scenario.h"

struct scratch {
	char *dir;
};

static inline void scratch_write(const struct scratch *s, const char *name, const void *data, size_t len)
{
	struct lb_err err;
	lb_autofree char *path = lb_path_join(s->dir, name);
	lb_autofree char *dir = lb_path_dir(path);
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, dir, &err), 0);
	if (lb_fs_write(AT_FDCWD, path, data, len, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void scratch_text(const struct scratch *s, const char *name, const char *text)
{
	scratch_write(s, name, text, strlen(text));
}

static inline struct scratch scratch_new(void)
{
	struct scratch s = { 0 };
	struct lb_err err;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-test-", &s.dir, &err), 0);
	return s;
}

static inline void scratch_free(struct scratch *s)
{
	struct lb_err err;
	lb_fs_remove(AT_FDCWD, s->dir, &err);
	free(s->dir);
}
#define autoscratch __attribute__((cleanup(scratch_free))) struct scratch

/* A small scenario: two variants, a few files; scenario.yaml is the caller's. */
static inline struct scratch scratch_scenario(const char *yaml)
{
	struct scratch s = scratch_new();
	scratch_text(&s, "variants/a.Dockerfile", "# a: first\nFROM alpine:3 AS last\nARG V=1\nCOPY . .\nRUN make\n");
	scratch_text(&s, "variants/b.Dockerfile", "FROM alpine:3\nCOPY app.py .\nRUN make\nCOPY . .\n");
	scratch_text(&s, "context/app.py", "print(1)\n");
	scratch_text(&s, "context/src/one.py", "x = 1\n");
	scratch_text(&s, "context/src/deep/two.py", "y = 2\n");
	scratch_text(&s, "context/package.json", "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\"\n}\n");
	scratch_text(&s, "context/.dockerignore", "tmp\n");
	lb_autofree char *link = lb_path_join(s.dir, "context/link");
	assert_int_equal(symlink("/etc", link), 0);
	scratch_text(&s, "scenario.yaml", yaml);
	return s;
}

/* The head that most cases share; variants a and b, base alpine:3. Six lines. */
#define SCRATCH_HEAD \
	"name: t\n" \
	"context: context\n" \
	"bases: { \"alpine:3\": { model: { layers: [1MiB] } } }\n" \
	"variants:\n" \
	"  - { name: a, dockerfile: variants/a.Dockerfile }\n" \
	"  - { name: b, dockerfile: variants/b.Dockerfile }\n"

#endif
