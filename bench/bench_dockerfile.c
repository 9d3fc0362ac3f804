/* SPDX-License-Identifier: Apache-2.0
 *
 * The front end against its bars: a file of 200 lines in 100 µs, and time in proportion to length for a long file
 * and for one instruction of very many lines, parsed alone and with every stage resolved.
 *
 *   bench_dockerfile [RUNS]     prints medians of CPU time, and what part of its bar each takes
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lbench/buf.h"
#include "lbench/stage.h"

enum { MAX_RUNS = 999, SMALL_LINES = 200, CONTINUED_LINES = 100000, LARGE_BYTES = 10 << 20 };
#define SMALL_BAR_US 100.0
/* What doubling a file may at most cost; twice is linear. */
#define DOUBLE_BAR 2.6

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double parse_once(const struct lb_buf *text, bool resolve)
{
	struct lb_err err;
	struct lb_dockerfile *df = NULL;
	double start = cpu_seconds();
	struct lb_build_plan *plan = NULL;
	int rc = lb_dockerfile_parse("Dockerfile", text->data, text->len, NULL, &df, &err);
	if (!rc && resolve)
		rc = lb_build_plan_new(df, NULL, &plan, &err);
	if (!rc && resolve)
		rc = lb_build_plan_resolve(plan, &err);
	double took = cpu_seconds() - start;
	if (rc) {
		fprintf(stderr, "bench_dockerfile: %s\n", err.text);
		exit(1);
	}
	lb_build_plan_free(plan);
	lb_dockerfile_free(df);
	return took;
}

static double median_seconds(const struct lb_buf *text, bool resolve, int runs)
{
	double took[MAX_RUNS];
	for (int i = 0; i < runs; i++)
		took[i] = parse_once(text, resolve);
	qsort(took, (size_t)runs, sizeof(*took), by_value);
	return took[runs / 2];
}

/* A file as people write them: ten lines a round, of every usual kind. */
static void add_rounds(struct lb_buf *out, unsigned rounds)
{
	lb_buf_adds(out, "# syntax=docker/dockerfile:1\nFROM debian:12 AS build\n");
	for (unsigned i = 0; i < rounds; i++)
		lb_buf_addf(out,
			    "# part %u\nARG VERSION_%u=1.%u\nENV NAME_%u=\"a value\" OTHER=$VERSION_%u\n"
			    "RUN --mount=type=cache,target=/var/cache/apt apt-get update && \\\n    apt-get install -y curl git && \\\n"
			    "    rm -rf /var/lib/apt/lists/*\nCOPY --chown=1:1 src/%u package.json /app/\nWORKDIR /app/%u\n"
			    "LABEL org.example.part=\"%u\"\nCMD [\"/bin/app\", \"--part\", \"%u\"]\n",
			    i, i, i, i, i, i, i, i, i);
}

static void add_continued(struct lb_buf *out, unsigned lines)
{
	lb_buf_adds(out, "FROM scratch\nRUN true");
	for (unsigned i = 0; i < lines; i++)
		lb_buf_addf(out, " \\\n  && echo %u", i);
	lb_buf_addc(out, '\n');
}

static bool report(const char *what, double value, double bar, const char *unit)
{
	printf("%-44s %10.2f %s, bar %.2f: %.2f of it%s\n", what, value, unit, bar, value / bar, value <= bar ? "" : "  MISSED");
	return value <= bar;
}

static bool bench_small(int runs)
{
	lb_autobuf struct lb_buf text = { 0 };
	add_rounds(&text, SMALL_LINES / 10);
	return report("200 lines", median_seconds(&text, false, runs) * 1e6, SMALL_BAR_US, "us");
}

static bool bench_double(const char *what, const struct lb_buf *once, const struct lb_buf *twice, bool resolve, int runs)
{
	double first = median_seconds(once, resolve, runs), second = median_seconds(twice, resolve, runs);
	printf("%-44s %10.2f ms, %.0f MB/s\n", what, second * 1e3, (double)twice->len / second / 1e6);
	return report("  against half of it", second / first, DOUBLE_BAR, "times");
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 101;
	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "bench_dockerfile: RUNS is a number from 1 to %d\n", MAX_RUNS);
		return 64;
	}
	lb_autobuf struct lb_buf half = { 0 }, large = { 0 }, some = { 0 }, many = { 0 };
	unsigned rounds = 1;
	for (; large.len < LARGE_BYTES; rounds *= 2) {
		lb_buf_clear(&large);
		add_rounds(&large, rounds);
	}
	add_rounds(&half, rounds / 4);
	add_continued(&some, CONTINUED_LINES / 2);
	add_continued(&many, CONTINUED_LINES);
	int few = runs < 9 ? runs : 9;
	bool good = bench_small(runs);
	good &= bench_double("10 MB or more", &half, &large, false, few);
	good &= bench_double("10 MB or more, resolved", &half, &large, true, few);
	good &= bench_double("100,000 continued lines", &some, &many, false, few);
	return good ? 0 : 1;
}
