/* SPDX-License-Identifier: Apache-2.0
 *
 * Ignore patterns against their bar: a million paths, 100 patterns, 2 s on one core; once with patterns as projects
 * have them, once with such as need more than a comparison of bytes.
 *
 *   bench_dockerfile_ignore [PATHS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lbench/buf.h"
#include "lbench/ignore.h"
#include "lbench/mem.h"

enum { PATTERNS = 100 };
#define BAR_SECONDS_PER_MILLION 2.0

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void add_patterns(struct lb_buf *out, const char *const *forms, size_t count)
{
	for (unsigned i = 0; i < PATTERNS; i++) {
		const char *form = forms[i % count], *number = strchr(form, '#');
		lb_buf_addf(out, "%.*s%u%s\n", (int)(number - form), form, i, number + 1);
	}
}

static struct lb_ignore *compile(const char *const *forms, size_t count)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_ignore *ignore = NULL;
	struct lb_err err;
	add_patterns(&text, forms, count);
	if (lb_ignore_parse("patterns", text.data, text.len, &ignore, &err)) {
		fprintf(stderr, "bench_dockerfile_ignore: %s\n", err.text);
		exit(1);
	}
	return ignore;
}

/* A path of a source tree, three directories deep on the average. */
static int make_path(char *out, size_t size, unsigned i)
{
	static const char *const tops[] = { "src", "node_modules", "docs", "build", "vendor", "test" };
	static const char *const ends[] = { "index.js", "main.go", "README.md", "data.json", "a.o", "style.css", "module.py" };
	return snprintf(out, size, "%s/package-%u/lib%u/file-%u-%s", tops[i % LB_COUNT(tops)], i / 97 % 1000, i % 13, i,
			ends[i % LB_COUNT(ends)]);
}

static bool bench(const char *what, const char *const *forms, size_t count, unsigned paths)
{
	struct lb_ignore *ignore = compile(forms, count);
	unsigned ignored = 0;
	double start = cpu_seconds(), made;
	char path[256];
	for (unsigned i = 0; i < paths; i++)
		ignored += (unsigned)make_path(path, sizeof(path), i) > sizeof(path);
	made = cpu_seconds() - start;
	start = cpu_seconds();
	for (unsigned i = 0; i < paths; i++)
		ignored += lb_ignore_matches(ignore, path, (size_t)make_path(path, sizeof(path), i));
	double took = cpu_seconds() - start - made, bar = BAR_SECONDS_PER_MILLION * paths / 1e6;
	printf("%-28s %9u paths, %u ignored, %.3f s, bar %.2f s: %.2f of it%s\n", what, paths, ignored, took, bar, took / bar,
	       took <= bar ? "" : "  MISSED");
	lb_ignore_free(ignore);
	return took <= bar;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {
		"build-#", "**/node_modules#", "*.log#",          "docs/part#",    "**/*.o#", "!docs/part#/keep",
		".git#",   "vendor/x#/**",     "**/__pycache__#", "src/package-#",
	};
	static const char *const hard[] = {
		"**/lib#*/file-*", "src/*-#/lib?/*.js",      "**/package-[0-9]*#/**/x", "*/package-*/lib*/file-#*",
		"a**b#",           "[a-s]*/p*#/l*/**/*.py#",
	};
	int paths = argc > 1 ? atoi(argv[1]) : 1000000;
	if (paths < 1) {
		fprintf(stderr, "bench_dockerfile_ignore: PATHS is a number\n");
		return 64;
	}
	bool good = bench("100 usual patterns", usual, LB_COUNT(usual), (unsigned)paths);
	good &= bench("100 patterns with stars", hard, LB_COUNT(hard), (unsigned)paths);
	return good ? 0 : 1;
}
