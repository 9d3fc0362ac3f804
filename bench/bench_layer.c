/* SPDX-License-Identifier: Apache-2.0
 *
 * COPY of many small files into a layer, against the floor: one thread that reads, hashes, compresses (isa-l level
 * 1), hashes again and writes the same bytes and does nothing else. Both run in processes of their own, by turns;
 * medians and their ratio are printed, CPU beside wall time, since threads must not hide work.
 *
 *   bench_layer DIR [FILES [RUNS]]     DIR/context is made when it is not there; DIR/store is removed and made
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <isa-l/igzip_lib.h>

#include "lbench/fs.h"
#include "lbench/layer.h"
#include "lbench/mem.h"
#include "lbench/tree_source.h"

enum { PER_DIR = 250, MEAN_BYTES = 10240, MAX_RUNS = 99 };

static void check(int rc, const struct lb_err *err)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_layer: %s\n", err->text);
	exit(1);
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- the context ---- */

static void add_noise(struct lb_buf *out, size_t bytes, uint64_t *state)
{
	while (bytes) {
		uint64_t word = next_random(state);
		size_t n = bytes < sizeof(word) ? bytes : sizeof(word);
		lb_buf_add(out, &word, n);
		bytes -= n;
	}
}

/* Words of a small language in lines, as source code compresses: to a quarter or a third. */
static void add_text(struct lb_buf *out, size_t bytes, uint64_t *state)
{
	size_t end = out->len + bytes;
	while (out->len < end) {
		uint64_t r = next_random(state), word = (r & 1023) * (r >> 10 & 1023) >> 10;
		for (uint64_t w = word * 0x9e3779b97f4a7c15u, n = 2 + word % 9; n--; w >>= 5)
			lb_buf_addc(out, (char)('a' + w % 26));
		lb_buf_adds(out, r >> 60 == 0 ? "\n        " : " ");
	}
	out->len = end;
}

static void make_file(int dirfd, const char *path, uint64_t *state)
{
	lb_autobuf struct lb_buf data = { 0 };
	size_t bytes = next_random(state) % (2 * MEAN_BYTES);
	if (next_random(state) % 10 < 3)
		add_noise(&data, bytes, state);
	else
		add_text(&data, bytes, state);
	lb_autofd int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct lb_err err;
	if (fd < 0)
		check(lb_fail_errno(&err, errno, "%s", path), &err);
	check(lb_fs_write_fd(fd, data.data, data.len, path, &err), &err);
}

static void make_context(const char *dir, size_t files)
{
	struct lb_err err;
	uint64_t state = 1;
	lb_autofd int fd = -1;
	check(lb_fs_mkdirs(AT_FDCWD, dir, &err), &err);
	check(lb_fs_open_dir(AT_FDCWD, dir, &fd, &err), &err);
	for (size_t i = 0; i < files; i++) {
		char path[64];
		snprintf(path, sizeof(path), "src/d%03zu", i / PER_DIR);
		if (i % PER_DIR == 0)
			check(lb_fs_mkdirs(fd, path, &err), &err);
		snprintf(path, sizeof(path), "src/d%03zu/file%06zu.txt", i / PER_DIR, i);
		make_file(fd, path, &state);
	}
}

/* ---- the floor ---- */

struct floor {
	struct isal_zstream z;
	struct lb_sha256 raw, packed;
	uint8_t out[1 << 18];
	int fd;
};

static void floor_add(struct floor *f, const void *data, size_t len, bool last)
{
	struct lb_err err;
	lb_sha256_add(&f->raw, data, len);
	f->z.next_in = (uint8_t *)(uintptr_t)data;
	f->z.avail_in = (uint32_t)len;
	f->z.end_of_stream = last;
	do {
		f->z.next_out = f->out;
		f->z.avail_out = sizeof(f->out);
		isal_deflate(&f->z);
		size_t n = sizeof(f->out) - f->z.avail_out;
		lb_sha256_add(&f->packed, f->out, n);
		check(lb_fs_write_fd(f->fd, f->out, n, "the floor's blob", &err), &err);
	} while (f->z.avail_out == 0);
}

static int floor_file(const char *path, size_t len, struct lb_node *n, void *arg)
{
	(void)len;
	static char piece[1 << 16];
	static const char zeros[1024];
	struct floor *f = arg;
	if (!n->content && n->attr.kind != LB_FILE)
		return 0;
	floor_add(f, zeros, 512, false);
	lb_autofd int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	uint64_t total = 0;
	for (ssize_t got; (got = read(fd, piece, sizeof(piece))) > 0; total += (uint64_t)got)
		floor_add(f, piece, (size_t)got, false);
	floor_add(f, zeros, (512 - total % 512) % 512, false);
	return 0;
}

static void run_floor(const char *dir, struct lb_node *tree)
{
	struct floor *f = lb_malloc(sizeof(*f));
	uint8_t *level = lb_malloc(ISAL_DEF_LVL1_DEFAULT);
	lb_autofree char *context = lb_path_join(dir, "context"), *blob = lb_path_join(dir, "floor.gz");
	f->fd = open(blob, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	isal_deflate_init(&f->z);
	f->z.level = 1;
	f->z.level_buf = level;
	f->z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	f->z.gzip_flag = IGZIP_GZIP;
	lb_sha256_init(&f->raw);
	lb_sha256_init(&f->packed);
	if (chdir(context) != 0 || f->fd < 0)
		exit(1);
	lb_tree_walk(tree, floor_file, f);
	floor_add(f, "", 0, true);
	close(f->fd);
}

/* ---- lbench ---- */

static void run_layer(const char *dir, struct lb_node *tree, enum lb_compression c, unsigned threads)
{
	struct lb_err err;
	lb_autofree char *path = lb_path_join(dir, "store");
	struct lb_store *s;
	check(lb_store_open(path, &s, &err), &err);
	struct lb_layer_info info;
	check(lb_layer_write(s, tree, &(struct lb_layer_options){ .compression = c, .threads = threads }, &info, &err), &err);
	lb_store_close(s);
}

/* ---- measuring ---- */

struct sample {
	double wall_s, cpu_s;
	long peak_kib;
};

static double seconds(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return seconds(t);
}

static const struct way {
	const char *name;
	bool is_floor;
	enum lb_compression compression;
	unsigned threads;
} ways[] = {
	{ "floor", true, LB_GZIP_ISAL, 1 },
	{ "igzip, 1 thread", false, LB_GZIP_ISAL, 1 },
	{ "igzip, 2 threads", false, LB_GZIP_ISAL, 2 },
	{ "zstd, 2 threads", false, LB_ZSTD, 2 },
	{ "none, 2 threads", false, LB_UNCOMPRESSED, 2 },
};

static void measure_here(const char *dir, const struct way *w, int out)
{
	lb_autofree char *context = lb_path_join(dir, "context");
	struct lb_node *tree;
	struct lb_err err;
	check(lb_tree_from_dir(context, &(struct lb_dir_options){ .canonical = true }, &tree, &err), &err);
	struct sample s = { now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID), 0 };
	if (w->is_floor)
		run_floor(dir, tree);
	else
		run_layer(dir, tree, w->compression, w->threads);
	s.wall_s = now(CLOCK_MONOTONIC) - s.wall_s;
	s.cpu_s = now(CLOCK_PROCESS_CPUTIME_ID) - s.cpu_s;
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	s.peak_kib = u.ru_maxrss;
	check(lb_fs_write_fd(out, &s, sizeof(s), "a pipe", &err), &err);
}

static struct sample measure(const char *dir, const struct way *w)
{
	struct lb_err err;
	lb_autofree char *store = lb_path_join(dir, "store");
	check(lb_fs_remove(AT_FDCWD, store, &err), &err);
	sync();
	int ends[2];
	struct sample s = { 0 };
	if (pipe2(ends, O_CLOEXEC) != 0)
		exit(1);
	pid_t child = fork();
	if (child == 0) {
		measure_here(dir, w, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	int status;
	if (read(ends[0], &s, sizeof(s)) != sizeof(s) || waitpid(child, &status, 0) != child || status)
		exit(1);
	close(ends[0]);
	return s;
}

static int by_wall(const void *a, const void *b)
{
	double x = ((const struct sample *)a)->wall_s, y = ((const struct sample *)b)->wall_s;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench_layer DIR [FILES [RUNS]]\n");
		return 64;
	}
	size_t files = argc > 2 ? strtoul(argv[2], NULL, 10) : 50000, runs = argc > 3 ? strtoul(argv[3], NULL, 10) : 5;
	runs = runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs;
	lb_autofree char *dir = realpath(argv[1], NULL);
	lb_autofree char *context = lb_path_join(dir ? dir : argv[1], "context");
	if (!dir || !lb_fs_is_dir(AT_FDCWD, context))
		make_context(context, files);
	free(dir);
	dir = realpath(argv[1], NULL);
	static struct sample samples[LB_COUNT(ways)][MAX_RUNS];
	for (size_t r = 0; r < runs; r++)
		for (size_t w = 0; w < LB_COUNT(ways); w++)
			samples[w][r] = measure(dir, &ways[w]);
	printf("%-18s %8s %8s %10s %10s %8s\n", "", "wall s", "cpu s", "wall ratio", "cpu ratio", "peak MB");
	for (size_t w = 0; w < LB_COUNT(ways); w++) {
		qsort(samples[w], runs, sizeof(**samples), by_wall);
		const struct sample *s = &samples[w][runs / 2], *f = &samples[0][runs / 2];
		printf("%-18s %8.3f %8.3f %10.2f %10.2f %8.1f\n", ways[w].name, s->wall_s, s->cpu_s, s->wall_s / f->wall_s,
		       s->cpu_s / f->cpu_s, (double)s->peak_kib / 1024);
	}
	return 0;
}
