/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes and ledgers: what a cache remembers, and how forks of it part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/store.h"
#include "store/backend.h"
#include "store/db.h"

static struct lb_digest key_of(const char *text)
{
	return lb_digest_of(text, strlen(text));
}

static void put(struct lb_scope *sc, const char *key, const char *data)
{
	struct lb_digest k = key_of(key);
	assert_int_equal(lb_scope_put(sc, &k, data, strlen(data), NULL), 0);
}

/* All records of key, newest first, as "DATA@SERIAL …". */
static void assert_records(struct lb_scope *sc, const char *key, const char *want)
{
	lb_autobuf struct lb_buf got = { 0 };
	struct lb_digest k = key_of(key);
	struct lb_record r;
	for (size_t i = 0; lb_scope_get(sc, &k, i, &r, NULL) == 0; i++)
		lb_buf_addf(&got, "%s%.*s@%llu", i ? " " : "", (int)r.len, (const char *)r.data, (unsigned long long)r.serial);
	assert_string_equal(lb_buf_str(&got), want);
	assert_int_equal(lb_scope_get(sc, &k, 1000, &r, NULL), LB_NOT_FOUND);
}

enum kind { IN_MEMORY, KEPT_ON_DISK, KEPT_IN_MEMORY };

struct fixture {
	char *dir;
	struct lb_store *s;
	struct lb_scope *sc;
};

static void set_up(struct fixture *f, enum kind kind)
{
	*f = (struct fixture){ 0 };
	if (kind == KEPT_ON_DISK) {
		assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-scope-", &f->dir, NULL), 0);
		assert_int_equal(lb_store_open(f->dir, &f->s, NULL), 0);
	} else {
		assert_int_equal(lb_store_open_memory(&f->s, NULL), 0);
	}
	if (kind == IN_MEMORY)
		assert_int_equal(lb_scope_new(f->s, &f->sc, NULL), 0);
	else
		assert_int_equal(lb_scope_open(f->s, "app", &f->sc, NULL), 0);
}

static void tear_down(struct fixture *f)
{
	lb_scope_free(f->sc);
	lb_store_close(f->s);
	if (f->dir)
		lb_fs_remove(AT_FDCWD, f->dir, NULL);
	free(f->dir);
}

static void records_come_newest_first(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_IN_MEMORY; kind++) {
		struct fixture f;
		set_up(&f, kind);
		assert_records(f.sc, "a", "");
		put(f.sc, "a", "one");
		put(f.sc, "b", "");
		assert_records(f.sc, "a", "one@1");
		put(f.sc, "a", "three");
		assert_records(f.sc, "a", "three@3 one@1");
		assert_records(f.sc, "b", "@2");
		assert_int_equal(lb_scope_next_serial(f.sc), 1);
		assert_int_equal(lb_scope_next_serial(f.sc), 2);
		tear_down(&f);
	}
}

static void forks_part_and_outlive_their_parent(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_IN_MEMORY; kind++) {
		struct fixture f;
		set_up(&f, kind);
		put(f.sc, "a", "one");
		put(f.sc, "a", "two");
		lb_scope_next_serial(f.sc);
		struct lb_scope *left = lb_scope_fork(f.sc), *right = lb_scope_fork(f.sc);
		put(left, "a", "left");
		put(left, "b", "left");
		struct lb_scope *deep = lb_scope_fork(left);
		put(deep, "a", "deep");
		assert_records(f.sc, "a", "two@2 one@1");
		assert_records(left, "a", "left@3 two@2 one@1");
		assert_records(right, "a", "two@2 one@1");
		assert_records(right, "b", "");
		assert_records(deep, "a", "deep@5 left@3 two@2 one@1");
		assert_records(deep, "b", "left@4");
		assert_int_equal(lb_scope_next_serial(left), 2);
		assert_int_equal(lb_scope_next_serial(right), 2);
		assert_int_equal(lb_scope_next_serial(f.sc), 2);
		lb_scope_free(left);
		lb_scope_free(f.sc);
		f.sc = NULL;
		assert_records(deep, "a", "deep@5 left@3 two@2 one@1");
		lb_scope_free(right);
		lb_scope_free(deep);
		tear_down(&f);
	}
}

static void borrowed_records_stay_until_the_scope_is_written(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_IN_MEMORY; kind++) {
		struct fixture f;
		set_up(&f, kind);
		struct lb_digest a = key_of("a"), b = key_of("b");
		struct lb_record ra, rb;
		put(f.sc, "a", "one");
		put(f.sc, "b", "two");
		assert_int_equal(lb_scope_get(f.sc, &a, 0, &ra, NULL), 0);
		assert_int_equal(lb_scope_get(f.sc, &b, 0, &rb, NULL), 0);
		struct lb_scope *fork = lb_scope_fork(f.sc);
		put(fork, "a", "other");
		assert_memory_equal(ra.data, "one", 3);
		assert_memory_equal(rb.data, "two", 3);
		lb_scope_free(fork);
		tear_down(&f);
	}
}

static void named_scopes_are_kept(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, KEPT_ON_DISK);
	struct lb_scope *other;
	put(f.sc, "a", "one");
	lb_scope_next_serial(f.sc);
	assert_int_equal(lb_scope_open(f.s, "other", &other, NULL), 0);
	assert_records(other, "a", "");
	put(other, "a", "theirs");
	lb_scope_free(other);
	lb_scope_free(f.sc);
	lb_store_close(f.s);
	assert_int_equal(lb_store_open(f.dir, &f.s, NULL), 0);
	assert_int_equal(lb_scope_open(f.s, "app", &f.sc, NULL), 0);
	assert_records(f.sc, "a", "one@1");
	assert_int_equal(lb_scope_next_serial(f.sc), 2);
	put(f.sc, "a", "two");
	assert_records(f.sc, "a", "two@2 one@1");
	tear_down(&f);
}

/* Another process writes to the same name while a fork lives: the fork stays as it was. */
static void a_fork_does_not_see_what_others_write_later(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, KEPT_ON_DISK);
	struct lb_store *s2;
	struct lb_scope *other;
	put(f.sc, "a", "one");
	struct lb_scope *fork = lb_scope_fork(f.sc);
	assert_int_equal(lb_store_open(f.dir, &s2, NULL), 0);
	assert_int_equal(lb_scope_open(s2, "app", &other, NULL), 0);
	put(other, "a", "two");
	put(other, "b", "three");
	assert_records(fork, "a", "one@1");
	assert_records(fork, "b", "");
	put(fork, "a", "mine");
	assert_records(fork, "a", "mine@2 one@1");
	lb_scope_free(other);
	lb_store_close(s2);
	lb_scope_free(fork);
	tear_down(&f);
}

static void assert_oldest(struct lb_scope *sc, const char *key, const char *want)
{
	struct lb_digest k = key_of(key);
	struct lb_record r;
	int rc = lb_scope_oldest(sc, &k, &r, NULL);
	lb_autofree char *got = rc ? lb_strdup("") : lb_format("%.*s@%llu", (int)r.len, (const char *)r.data, (unsigned long long)r.serial);
	assert_string_equal(got, want);
	assert_int_equal(rc, *want ? 0 : LB_NOT_FOUND);
}

static void the_oldest_record_is_the_first_that_is_seen(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_IN_MEMORY; kind++) {
		struct fixture f;
		set_up(&f, kind);
		assert_oldest(f.sc, "a", "");
		put(f.sc, "a", "one");
		put(f.sc, "a", "two");
		assert_oldest(f.sc, "a", "one@1");
		struct lb_scope *fork = lb_scope_fork(f.sc), *deep = lb_scope_fork(fork);
		put(fork, "a", "three");
		put(fork, "b", "four");
		assert_oldest(fork, "a", "one@1");
		assert_oldest(fork, "b", "four@4");
		assert_oldest(deep, "b", "");
		assert_oldest(f.sc, "b", "");
		lb_scope_free(deep);
		lb_scope_free(fork);
		tear_down(&f);
	}
}

static uint64_t rows_of(struct fixture *f, const char *key, size_t i)
{
	struct lb_digest k = key_of(key);
	struct lb_record newest, oldest;
	lb_scope_free(f->sc);
	assert_int_equal(lb_scope_open(f->s, "app", &f->sc, NULL), 0);
	uint64_t before = lb_db_rows(f->s->be->db);
	assert_int_equal(lb_scope_get(f->sc, &k, i, &newest, NULL), 0);
	assert_int_equal(lb_scope_oldest(f->sc, &k, &oldest, NULL), 0);
	assert_int_equal(oldest.serial, 1);
	return lb_db_rows(f->s->be->db) - before;
}

static void of_many_records_only_those_asked_for_are_read(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, KEPT_ON_DISK);
	for (int i = 0; i < 12; i++)
		put(f.sc, "a", "x");
	uint64_t first = rows_of(&f, "a", 0), third = rows_of(&f, "a", 2);
	assert_in_range(first, 1, 4);
	for (int i = 0; i < 500; i++)
		put(f.sc, "a", "x");
	assert_int_equal(rows_of(&f, "a", 0), first);
	assert_int_equal(rows_of(&f, "a", 2), third);
	tear_down(&f);
}

static void a_scope_needs_no_store(void **state)
{
	(void)state;
	struct lb_scope *sc;
	assert_int_equal(lb_scope_new(NULL, &sc, NULL), 0);
	put(sc, "a", "one");
	assert_records(sc, "a", "one@1");
	lb_scope_free(sc);
	lb_scope_free(NULL);
}

static void a_stores_ledger_begins_with_its_blobs(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_ON_DISK; kind++) {
		struct fixture f;
		struct lb_digest old, made, none = key_of("none");
		set_up(&f, kind);
		assert_int_equal(lb_store_put(f.s, "old", 3, &old, NULL, NULL), 0);
		struct lb_ledger *l = lb_ledger_of_store(f.s);
		assert_int_equal(lb_store_put(f.s, "made", 4, &made, NULL, NULL), 0);
		assert_int_equal(lb_store_put(f.s, "old", 3, &old, NULL, NULL), 0);
		assert_true(lb_ledger_has(l, &old));
		assert_false(lb_ledger_has(l, &made));
		assert_false(lb_ledger_add(l, &old, 3));
		struct lb_ledger *fork = lb_ledger_fork(l);
		assert_true(lb_ledger_add(l, &made, 4));
		assert_false(lb_ledger_add(l, &made, 4));
		assert_true(lb_ledger_add(l, &none, 10));
		assert_false(lb_ledger_add(fork, &old, 3));
		assert_int_equal(lb_ledger_bytes(l), 14);
		lb_ledger_free(fork);
		lb_ledger_free(l);
		tear_down(&f);
	}
}

struct job {
	struct lb_scope *parent;
	int number;
};

static void *work(void *arg)
{
	const struct job *job = arg;
	for (int round = 0; round < 50; round++) {
		struct lb_scope *fork = lb_scope_fork(job->parent);
		lb_autofree char *mine = lb_format("job %d", job->number), *want = lb_format("%s@101 %d@100", mine, 99);
		put(fork, "key 99", mine);
		assert_records(fork, "key 99", want);
		assert_records(fork, "key 3", "3@4");
		lb_scope_free(fork);
	}
	return NULL;
}

static void forks_work_in_threads(void **state)
{
	(void)state;
	for (enum kind kind = IN_MEMORY; kind <= KEPT_ON_DISK; kind++) {
		struct fixture f;
		pthread_t threads[4];
		struct job jobs[4];
		set_up(&f, kind);
		for (int i = 0; i < 100; i++) {
			lb_autofree char *key = lb_format("key %d", i), *data = lb_format("%d", i);
			put(f.sc, key, data);
		}
		for (int i = 0; i < 4; i++) {
			jobs[i] = (struct job){ f.sc, i };
			assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
		}
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		tear_down(&f);
	}
}

static void ledgers_count_each_blob_once(void **state)
{
	(void)state;
	struct lb_ledger *l = lb_ledger_new();
	struct lb_digest a = key_of("a"), b = key_of("b"), c = key_of("c");
	assert_false(lb_ledger_has(l, &a));
	assert_true(lb_ledger_add(l, &a, 10));
	assert_false(lb_ledger_add(l, &a, 10));
	assert_int_equal(lb_ledger_bytes(l), 10);
	struct lb_ledger *left = lb_ledger_fork(l), *right = lb_ledger_fork(l);
	assert_false(lb_ledger_add(left, &a, 10));
	assert_true(lb_ledger_add(left, &b, 5));
	assert_true(lb_ledger_add(left, &c, 0));
	assert_true(lb_ledger_add(right, &b, 5));
	assert_int_equal(lb_ledger_bytes(left), 15);
	assert_true(lb_ledger_has(left, &c));
	assert_false(lb_ledger_has(right, &c));
	assert_int_equal(lb_ledger_bytes(l), 10);
	struct lb_ledger *deep = lb_ledger_fork(left);
	lb_ledger_free(l);
	lb_ledger_free(left);
	lb_ledger_free(right);
	assert_true(lb_ledger_has(deep, &a));
	assert_false(lb_ledger_add(deep, &b, 5));
	assert_int_equal(lb_ledger_bytes(deep), 15);
	lb_ledger_free(deep);
	lb_ledger_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_newest_first),
		cmocka_unit_test(forks_part_and_outlive_their_parent),
		cmocka_unit_test(borrowed_records_stay_until_the_scope_is_written),
		cmocka_unit_test(named_scopes_are_kept),
		cmocka_unit_test(a_fork_does_not_see_what_others_write_later),
		cmocka_unit_test(a_scope_needs_no_store),
		cmocka_unit_test(forks_work_in_threads),
		cmocka_unit_test(the_oldest_record_is_the_first_that_is_seen),
		cmocka_unit_test(of_many_records_only_those_asked_for_are_read),
		cmocka_unit_test(ledgers_count_each_blob_once),
		cmocka_unit_test(a_stores_ledger_begins_with_its_blobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
