/* SPDX-License-Identifier: Apache-2.0
 *
 * One store in several hands: processes and threads at once, processes that are killed, gc beside writers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_dir.h"

/* One round of what a build does: a layer's blob, the layer, config and manifest, a name, a record. */
static int build_once(struct lb_store *s, struct lb_scope *sc, int worker, int round, struct lb_err *err)
{
	struct lb_digest layer, config, manifest, tree;
	char l[LB_DIGEST_TEXT], c[LB_DIGEST_TEXT];
	/* half of the layers are the same in all workers */
	lb_autofree char *seed = round % 2 ? lb_format("shared %d", round) : lb_format("worker %d round %d", worker, round);
	/* now and then more than a writer's buffer holds */
	size_t bytes = round % 16 ? (size_t)(round % 5) * 10000 + 100 : 1200000;
	lb_autofree char *data = lb_calloc(1, bytes + 64), *name = lb_format("w%d:%d", worker, round % 7);
	snprintf(data, 64, "%s", seed);
	tree = lb_digest_of(seed, strlen(seed));
	int rc = lb_store_put(s, data, bytes, &layer, NULL, err);
	struct lb_layer_info info = { layer, bytes, layer, bytes, LB_UNCOMPRESSED, 1, 0 };
	rc = rc ? rc : lb_store_layer_put(s, &tree, &info, err);
	rc = rc ? rc : lb_store_put(s, seed, strlen(seed), &config, NULL, err);
	if (rc)
		return rc;
	lb_digest_text(&layer, l);
	lb_digest_text(&config, c);
	lb_autofree char *text = lb_format("{\"config\":{\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"digest\":\"%s\",\"size\":%zu}]}", c,
					   strlen(seed), l, bytes);
	rc = lb_store_put(s, text, strlen(text), &manifest, NULL, err);
	rc = rc ? rc : lb_store_tag(s, name, &manifest, strlen(text), "application/vnd.oci.image.manifest.v1+json", err);
	rc = rc ? rc : lb_store_memo_put(s, "memo", &tree, seed, strlen(seed), err);
	return rc ? rc : lb_scope_put(sc, &tree, seed, strlen(seed), err);
}

/* In a child; never returns. rounds < 0: until it is killed. */
static _Noreturn void work(const char *dir, int worker, int rounds)
{
	struct lb_store *s;
	struct lb_scope *sc = NULL;
	struct lb_err err;
	int rc = lb_store_open(dir, &s, &err);
	rc = rc ? rc : lb_scope_open(s, "shared", &sc, &err);
	for (int i = 0; !rc && (rounds < 0 || i < rounds); i++)
		rc = build_once(s, sc, worker, i, &err);
	if (rc) {
		fprintf(stderr, "worker %d: %s\n", worker, err.text);
		_exit(1);
	}
	lb_scope_free(sc);
	lb_store_close(s);
	_exit(0);
}

static pid_t start(const char *dir, int worker, int rounds)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		work(dir, worker, rounds);
	return pid;
}

static void assert_clean(struct lb_store *s, uint64_t temporaries_at_most)
{
	struct lb_fsck_report r;
	lb_autostrv struct lb_strv lines = { 0 };
	assert_int_equal(lb_store_fsck(s, &r, (void (*)(void *, const char *))lb_strv_add, &lines, NULL), 0);
	if (lines.count)
		fail_msg("%s", lines.items[0]);
	assert_int_equal(r.bad_blobs + r.missing, 0);
	assert_true(r.temporaries <= temporaries_at_most);
}

static void processes_share_one_store(void **state)
{
	const char *dir = *state;
	enum { WORKERS = 4, ROUNDS = 30 };
	pid_t pids[WORKERS];
	for (int i = 0; i < WORKERS; i++)
		pids[i] = start(dir, i, ROUNDS);
	for (int i = 0; i < WORKERS; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	struct lb_store *s = open_store(dir);
	struct lb_scope *sc;
	struct lb_tag *tags;
	size_t count, records = 0;
	assert_clean(s, 0);
	assert_int_equal(lb_store_tags(s, &tags, &count, NULL), 0);
	assert_int_equal(count, WORKERS * 7);
	lb_tags_free(tags, count);
	assert_int_equal(lb_scope_open(s, "shared", &sc, NULL), 0);
	struct lb_digest key = lb_digest_of("shared 3", 8);
	struct lb_record r;
	while (lb_scope_get(sc, &key, records, &r, NULL) == 0)
		records++;
	assert_int_equal(records, WORKERS);
	lb_scope_free(sc);
	lb_store_close(s);
}

static void kill_at_random(const char *dir, unsigned *seed)
{
	enum { WORKERS = 3 };
	pid_t pids[WORKERS];
	for (int i = 0; i < WORKERS; i++)
		pids[i] = start(dir, i, -1);
	for (int i = 0; i < WORKERS; i++) {
		struct timespec nap = { 0, (long)(rand_r(seed) % 20) * 1000000 + 500000 };
		int status;
		nanosleep(&nap, NULL);
		assert_int_equal(kill(pids[i], SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFSIGNALED(status)); /* it did not end by itself, with an error */
	}
}

static void a_killed_process_leaves_no_lie(void **state)
{
	const char *dir = *state;
	unsigned seed = 1;
	for (int round = 0; round < 12; round++) {
		kill_at_random(dir, &seed);
		struct lb_store *s = open_store(dir);
		assert_clean(s, 1000);
		lb_store_close(s);
	}
	struct lb_store *s = open_store(dir);
	uint64_t freed;
	assert_true(count_entries(dir, "tmp") > 0); /* leases at least */
	assert_int_equal(lb_store_gc(s, UINT64_MAX, (int64_t)time(NULL), &freed, NULL), 0);
	assert_true(count_entries(dir, "tmp") > 0); /* younger than some minutes */
	assert_int_equal(lb_store_gc(s, UINT64_MAX, (int64_t)time(NULL) + 3600, &freed, NULL), 0);
	assert_int_equal(count_entries(dir, "tmp"), 0);
	assert_clean(s, 0);
	lb_store_close(s);
}

/* gc beside writers: what is named stays whole, whatever it removes. */
static void gc_runs_beside_writers(void **state)
{
	const char *dir = *state;
	pid_t pids[2] = { start(dir, 0, 60), start(dir, 1, 60) };
	struct lb_store *s = open_store(dir);
	for (int i = 0, left = 2; left > 0; i++) {
		uint64_t freed;
		int status;
		assert_int_equal(lb_store_gc(s, 0, (int64_t)time(NULL) + 100000, &freed, NULL), 0);
		if (waitpid(pids[2 - left], &status, WNOHANG) > 0) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			left--;
		}
	}
	assert_clean(s, 0);
	lb_store_close(s);
}

struct job {
	struct lb_store *s;
	int number, failed;
};

static void *work_in_thread(void *arg)
{
	struct job *job = arg;
	struct lb_scope *sc;
	job->failed |= lb_scope_open(job->s, "shared", &sc, NULL);
	for (int i = 0; i < 20 && !job->failed; i++)
		job->failed |= build_once(job->s, sc, job->number, i, NULL);
	lb_scope_free(sc);
	return NULL;
}

static void threads_share_one_handle(void **state)
{
	for (int disk = 0; disk < 2; disk++) {
		struct lb_store *s = NULL;
		pthread_t threads[4];
		struct job jobs[4];
		if (disk)
			s = open_store(*state);
		else
			assert_int_equal(lb_store_open_memory(&s, NULL), 0);
		for (int i = 0; i < 4; i++) {
			jobs[i] = (struct job){ s, i, 0 };
			assert_int_equal(pthread_create(&threads[i], NULL, work_in_thread, &jobs[i]), 0);
		}
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], NULL);
			assert_int_equal(jobs[i].failed, 0);
		}
		assert_clean(s, 0);
		lb_store_close(s);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LB_DIR_TEST(processes_share_one_store),
		LB_DIR_TEST(a_killed_process_leaves_no_lie),
		LB_DIR_TEST(gc_runs_beside_writers),
		LB_DIR_TEST(threads_share_one_handle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
