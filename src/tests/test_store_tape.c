/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stretch of reading was told, and when the next one is told the same without asking the data base.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/backend.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/tape.h"
#include "store_dir.h"

static struct lb_digest digest(const char *text)
{
	return lb_digest_of(text, strlen(text));
}

/* ---- a tape alone ---- */

static bool ask(struct lb_tape *t, const char *question, const char *answer)
{
	const char *told;
	size_t len;
	if (!lb_tape_ask(t, question, strlen(question), &told, &len)) {
		lb_tape_tell(t, question, strlen(question), answer, strlen(answer));
		return false;
	}
	assert_int_equal(len, strlen(answer));
	assert_memory_equal(told, answer, len);
	return true;
}

/* The tape that the time after t begins with. */
static struct lb_tape next_of(struct lb_tape *t)
{
	struct lb_tape next = { 0 };
	lb_buf_add(&next.was, t->now.data, t->now.len);
	lb_tape_release(t);
	return next;
}

static void the_same_questions_are_told_from_the_tape(void **state)
{
	(void)state;
	struct lb_tape t = { 0 };
	assert_false(ask(&t, "a", "1"));
	assert_false(ask(&t, "b", ""));
	assert_false(ask(&t, "a", "3"));
	assert_true(lb_tape_is_new(&t));
	t = next_of(&t);
	assert_true(ask(&t, "a", "1"));
	assert_true(ask(&t, "b", ""));
	assert_true(ask(&t, "a", "3"));
	assert_false(lb_tape_is_new(&t));
	lb_tape_release(&t);
}

static void from_another_question_on_the_tape_is_made_anew(void **state)
{
	(void)state;
	struct lb_tape t = { 0 };
	ask(&t, "a", "1");
	ask(&t, "b", "2");
	ask(&t, "c", "3");
	lb_tape_is_new(&t);
	t = next_of(&t);
	assert_true(ask(&t, "a", "1"));
	assert_false(ask(&t, "other", "9"));
	assert_false(ask(&t, "c", "4"));
	assert_true(lb_tape_is_new(&t));
	t = next_of(&t);
	assert_true(ask(&t, "a", "1"));
	assert_true(ask(&t, "other", "9"));
	assert_true(lb_tape_is_new(&t)); /* shorter than before */
	t = next_of(&t);
	assert_true(ask(&t, "a", "1"));
	assert_true(ask(&t, "other", "9"));
	assert_false(lb_tape_is_new(&t));
	t.off = true;
	assert_false(ask(&t, "c", "5"));
	assert_false(lb_tape_is_new(&t));
	lb_tape_release(&t);
}

static void a_tape_that_breaks_off_tells_what_is_whole(void **state)
{
	(void)state;
	struct lb_tape t = { 0 };
	ask(&t, "question", "answer");
	ask(&t, "second", "more");
	lb_tape_is_new(&t);
	lb_autobuf struct lb_buf whole = { 0 };
	lb_buf_add(&whole, t.now.data, t.now.len);
	lb_tape_release(&t);
	for (size_t len = 0; len < whole.len; len++) {
		struct lb_tape cut = { 0 };
		lb_buf_add(&cut.was, whole.data, len);
		assert_true(ask(&cut, "question", "answer") == (len >= 16 + 14));
		assert_false(ask(&cut, "second", "more"));
		lb_tape_release(&cut);
	}
}

/* ---- of a store ---- */

/* One stretch: what two records, a memo and a layer are; "-" for what is not there. Returns the rows it took. */
static uint64_t read_all(struct lb_store *s, struct lb_scope *sc, bool again, const char *want)
{
	struct lb_digest about = digest("about"), key = digest("key"), none = digest("none");
	struct lb_record r;
	struct lb_layer_info info;
	lb_autobuf struct lb_buf got = { 0 };
	uint64_t before = lb_db_rows(s->be->db);
	lb_store_read_begin(s, &about);
	for (size_t i = 0; i < 2; i++) {
		bool there = lb_scope_get(sc, i ? &none : &key, 0, &r, NULL) == 0;
		lb_buf_add(&got, there ? r.data : "-", there ? r.len : 1);
	}
	if (lb_store_memo_get(s, "kind", &key, &got, NULL) != 0)
		lb_buf_addc(&got, '-');
	bool there = lb_store_layer_by_diff_id(s, &key, LB_GZIP_ISAL, &info, NULL) == 0;
	lb_buf_addf(&got, there ? "%llu" : "-", (unsigned long long)info.files);
	lb_store_read_end(s, &about, again);
	assert_string_equal(lb_buf_str(&got), want);
	return lb_db_rows(s->be->db) - before;
}

static uint64_t read_anew(const char *dir, bool again, const char *want)
{
	struct lb_store *s = open_store(dir);
	struct lb_scope *sc;
	assert_int_equal(lb_scope_open(s, "app", &sc, NULL), 0);
	uint64_t rows = read_all(s, sc, again, want);
	lb_scope_free(sc);
	lb_store_close(s);
	return rows;
}

static void put_record(struct lb_store *s, const char *data)
{
	struct lb_scope *sc;
	struct lb_digest key = digest("key");
	assert_int_equal(lb_scope_open(s, "app", &sc, NULL), 0);
	assert_int_equal(lb_scope_put(sc, &key, data, strlen(data), NULL), 0);
	lb_scope_free(sc);
}

static void put_layer(struct lb_store *s, uint64_t files)
{
	struct lb_digest blob, tree = digest("tree");
	assert_int_equal(lb_store_put(s, "blob", 4, &blob, NULL, NULL), 0);
	struct lb_layer_info info = { digest("key"), 1024, blob, 4, LB_GZIP_ISAL, files, 1 };
	assert_int_equal(lb_store_layer_put(s, &tree, &info, NULL), 0);
}

/* changes and the tape itself are the two rows of a stretch that is told everything */
static void what_was_read_is_read_at_once_until_something_is_written(void **state)
{
	const char *dir = *state;
	struct lb_digest key = digest("key");
	read_anew(dir, true, "----");
	struct lb_store *s = open_store(dir);
	put_record(s, "R");
	assert_true(read_anew(dir, true, "R---") > 2);
	assert_int_equal(read_anew(dir, true, "R---"), 2);
	assert_int_equal(lb_store_memo_put(s, "kind", &key, "M", 1, NULL), 0);
	read_anew(dir, true, "R-M-");
	put_layer(s, 5);
	read_anew(dir, true, "R-M5");
	assert_int_equal(read_anew(dir, true, "R-M5"), 2);
	put_layer(s, 6);
	read_anew(dir, false, "R-M6");
	assert_true(read_anew(dir, true, "R-M6") > 2);
	assert_int_equal(read_anew(dir, true, "R-M6"), 2);
	put_record(s, "S");
	read_anew(dir, true, "S-M6");
	struct lb_digest blob = digest("blob");
	assert_int_equal(lb_store_delete_blob(s, &blob, NULL), 0);
	read_anew(dir, true, "S-M-");
	lb_store_close(s);
}

/* What others write meanwhile is seen by the next stretch; what the stretch itself writes, at once. */
static void a_stretch_sees_its_own_writing(void **state)
{
	const char *dir = *state;
	struct lb_digest about = digest("about"), key = digest("key");
	lb_autobuf struct lb_buf got = { 0 };
	struct lb_store *s = open_store(dir), *other = open_store(dir);
	assert_int_equal(lb_store_memo_put(s, "kind", &key, "1", 1, NULL), 0);
	for (int round = 0; round < 3; round++) {
		lb_store_read_begin(s, &about);
		lb_buf_clear(&got);
		assert_int_equal(lb_store_memo_get(s, "kind", &key, &got, NULL), 0);
		assert_string_equal(lb_buf_str(&got), "1");
		assert_int_equal(lb_store_memo_put(other, "kind", &key, "2", 1, NULL), 0);
		assert_int_equal(lb_store_memo_get(s, "kind", &key, &got, NULL), 0);
		assert_string_equal(lb_buf_str(&got), "11");
		assert_int_equal(lb_store_memo_put(s, "kind", &key, "3", 1, NULL), 0);
		assert_int_equal(lb_store_memo_get(s, "kind", &key, &got, NULL), 0);
		assert_string_equal(lb_buf_str(&got), "113");
		assert_int_equal(lb_store_memo_put(s, "kind", &key, "1", 1, NULL), 0);
		lb_store_read_end(s, &about, true);
	}
	lb_store_close(other);
	lb_store_close(s);
}

/* gc and tagging want the lock for themselves, in the same process too. */
static void a_stretch_locks_nobody_out_for_good(void **state)
{
	const char *dir = *state;
	struct lb_digest about = digest("about"), blob;
	uint64_t freed;
	struct lb_store *s = open_store(dir), *other = open_store(dir);
	assert_int_equal(lb_store_put(s, "{}", 2, &blob, NULL, NULL), 0);
	lb_store_read_begin(s, &about);
	assert_int_equal(lb_store_tag(s, "app", &blob, 2, "application/vnd.oci.image.manifest.v1+json", NULL), 0);
	assert_int_equal(lb_store_gc(other, 0, 0, &freed, NULL), 0);
	lb_store_read_end(s, &about, true);
	lb_store_read_begin(s, &about);
	lb_store_close(s);
	assert_int_equal(lb_store_gc(other, 0, 0, &freed, NULL), 0);
	lb_store_close(other);
}

/* A store of version 1 had neither changes nor what counts them. */
static void an_older_data_base_is_taken_over(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	put_record(s, "R");
	lb_store_close(s);
	sqlite3 *db;
	lb_autofree char *path = lb_path_join(dir, "lbench.db");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "DROP TABLE changes; DROP TRIGGER layers_put; DROP TRIGGER layers_drop; DROP TRIGGER memos_put;"
				      "DROP TRIGGER records_put; PRAGMA user_version=1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	read_anew(dir, true, "R---");
	s = open_store(dir);
	put_record(s, "S");
	lb_store_close(s);
	read_anew(dir, true, "S---");
	assert_int_equal(read_anew(dir, true, "S---"), 2);
}

/* ---- what is there ---- */

/* The stretch that needs three blobs; "." for one that is there. Returns how many were looked at. */
static uint64_t use_all(const char *dir, const char *want)
{
	static const char *const names[] = { "one", "two", "three" };
	struct lb_store *s = open_store(dir);
	struct lb_disk *d = lb_disk_of(s->be);
	struct lb_digest about = digest("about");
	char got[4] = "";
	d->tick_ns = -LB_DISK_TICK_NS; /* the test has no patience, and makes its changes ticks apart */
	lb_store_read_begin(s, &about);
	for (size_t i = 0; i < 3; i++) {
		struct lb_digest blob = digest(names[i]);
		got[i] = lb_store_use(s, &blob) ? '.' : '-';
	}
	lb_store_read_end(s, &about, true);
	assert_string_equal(got, want);
	uint64_t looks = d->there.looks;
	lb_store_close(s);
	return looks;
}

static void put_blobs(const char *dir)
{
	struct lb_store *s = open_store(dir);
	struct lb_digest d;
	assert_int_equal(lb_store_put(s, "one", 3, &d, NULL, NULL), 0);
	assert_int_equal(lb_store_put(s, "two", 3, &d, NULL, NULL), 0);
	assert_int_equal(lb_store_put(s, "three", 5, &d, NULL, NULL), 0);
	lb_store_close(s);
}

static char *blob_path(const char *dir, const char *name)
{
	struct lb_digest d = digest(name);
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(&d, hex);
	return lb_format("%s/blobs/sha256/%s", dir, hex);
}

static void wait_a_tick(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static void what_is_there_is_not_looked_at_until_the_directory_changes(void **state)
{
	const char *dir = *state;
	put_blobs(dir);
	assert_int_equal(use_all(dir, "..."), 3);
	assert_int_equal(use_all(dir, "..."), 0);
	wait_a_tick();
	lb_autofree char *one = blob_path(dir, "one"), *two = blob_path(dir, "two");
	assert_int_equal(unlink(two), 0);
	assert_int_equal(use_all(dir, ".-."), 2);
	assert_int_equal(use_all(dir, ".-."), 0 + 1); /* what was not there is no part of it: from there on it is looked */
	wait_a_tick();
	put_blobs(dir);
	assert_int_equal(use_all(dir, "..."), 3);
	assert_int_equal(use_all(dir, "..."), 0);
	wait_a_tick();
	assert_int_equal(rename(one, two), 0);
	assert_int_equal(use_all(dir, "-.."), 2);
}

/* One that gc may take is touched; then it is known. */
static void what_was_not_used_for_long_is_touched(void **state)
{
	const char *dir = *state;
	struct stat st;
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	put_blobs(dir);
	lb_autofree char *one = blob_path(dir, "one");
	assert_int_equal(utimensat(AT_FDCWD, one, old, 0), 0);
	assert_int_equal(use_all(dir, "..."), 3);
	assert_int_equal(stat(one, &st), 0);
	assert_true(st.st_mtim.tv_sec > old[1].tv_sec);
	assert_int_equal(use_all(dir, "..."), 0);
}

static void change_there(const char *dir, off_t at, uint64_t value)
{
	struct lb_digest about = digest("about");
	char hex[LB_DIGEST_HEX], bytes[8];
	lb_digest_hex(&about, hex);
	lb_autofree char *path = lb_format("%s/reads/%s.blobs", dir, hex);
	lb_autofd int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(value >> (8 * i));
	assert_int_equal(pwrite(fd, bytes, 8, at), 8);
}

static void what_a_lease_does_not_protect_and_what_is_not_whole_is_looked_at(void **state)
{
	const char *dir = *state;
	put_blobs(dir);
	use_all(dir, "...");
	assert_int_equal(use_all(dir, "..."), 0);
	struct stat st;
	lb_autofree char *one = blob_path(dir, "one");
	assert_int_equal(stat(one, &st), 0);
	change_there(dir, 24, (uint64_t)(lb_disk_ns(st.st_mtim) - LB_DISK_FRESH_NS - 60 * (int64_t)1000000000));
	assert_int_equal(use_all(dir, "..."), 3);
	assert_int_equal(use_all(dir, "..."), 0);
	change_there(dir, 60, 12345);
	assert_int_equal(use_all(dir, "..."), 3);
	assert_int_equal(use_all(dir, "..."), 0);
	for (off_t at = 0; at <= 16; at += 8) {
		change_there(dir, at, 7);
		assert_int_equal(use_all(dir, "..."), 3);
	}
}

/* A change in the tick of the one before leaves the time as it is. */
static void a_young_time_stamp_tells_nothing(void **state)
{
	const char *dir = *state;
	struct lb_digest about = digest("about"), one = digest("one");
	put_blobs(dir);
	for (int round = 0; round < 2; round++) {
		struct lb_store *s = open_store(dir);
		lb_disk_of(s->be)->tick_ns = 3600 * (int64_t)1000000000; /* however slow the test is */
		lb_store_read_begin(s, &about);
		assert_true(lb_store_use(s, &one));
		lb_store_read_end(s, &about, true);
		assert_int_equal(lb_disk_of(s->be)->there.looks, 1);
		lb_store_close(s);
	}
}

/* Tagging lets others gc. */
static void behind_a_lock_that_was_given_up_everything_is_looked_at(void **state)
{
	const char *dir = *state;
	struct lb_digest about = digest("about"), one = digest("one"), three = digest("three");
	put_blobs(dir);
	use_all(dir, "...");
	struct lb_store *s = open_store(dir);
	lb_store_read_begin(s, &about);
	assert_true(lb_store_use(s, &one));
	assert_int_equal(lb_store_tag(s, "app", &three, 5, "application/vnd.oci.image.manifest.v1+json", NULL), 0);
	uint64_t before = lb_disk_of(s->be)->there.looks;
	assert_true(lb_store_use(s, &three));
	assert_int_equal(lb_disk_of(s->be)->there.looks, before + 1);
	lb_store_read_end(s, &about, true);
	lb_store_close(s);
}

static void gc_drops_what_was_read(void **state)
{
	const char *dir = *state;
	uint64_t freed = 0;
	put_blobs(dir);
	use_all(dir, "...");
	assert_int_equal(count_entries(dir, "reads"), 1);
	struct lb_store *s = open_store(dir);
	assert_int_equal(lb_store_gc(s, 1 << 20, 0, &freed, NULL), 0);
	assert_int_equal(freed, 0);
	assert_int_equal(count_entries(dir, "reads"), 1);
	assert_int_equal(lb_store_gc(s, 1 << 20, 4102444800, &freed, NULL), 0); /* in 2100 */
	assert_true(freed > 0);
	assert_int_equal(count_entries(dir, "reads"), 0);
	lb_store_close(s);
}

/* A file that a crash left is none, whatever the data base says of it. */
static void a_tape_that_is_not_whole_is_none(void **state)
{
	const char *dir = *state;
	struct lb_digest about = digest("about");
	char hex[LB_DIGEST_HEX];
	struct lb_store *s = open_store(dir);
	put_record(s, "R");
	lb_store_close(s);
	read_anew(dir, true, "R---");
	assert_int_equal(read_anew(dir, true, "R---"), 2);
	lb_digest_hex(&about, hex);
	lb_autofree char *path = lb_format("%s/reads/%s", dir, hex);
	lb_autofd int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "", 1, 140), 1);
	assert_int_equal(pwrite(fd, "x", 1, 100), 1);
	assert_true(read_anew(dir, true, "R---") > 2);
	assert_int_equal(truncate(path, 50), 0);
	assert_true(read_anew(dir, true, "R---") > 2);
	assert_int_equal(unlink(path), 0);
	assert_true(read_anew(dir, true, "R---") > 2);
	assert_int_equal(read_anew(dir, true, "R---"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_questions_are_told_from_the_tape),
		cmocka_unit_test(from_another_question_on_the_tape_is_made_anew),
		cmocka_unit_test(a_tape_that_breaks_off_tells_what_is_whole),
		LB_DIR_TEST(what_was_read_is_read_at_once_until_something_is_written),
		LB_DIR_TEST(a_stretch_sees_its_own_writing),
		LB_DIR_TEST(a_stretch_locks_nobody_out_for_good),
		LB_DIR_TEST(an_older_data_base_is_taken_over),
		LB_DIR_TEST(a_tape_that_is_not_whole_is_none),
		LB_DIR_TEST(what_is_there_is_not_looked_at_until_the_directory_changes),
		LB_DIR_TEST(what_was_not_used_for_long_is_touched),
		LB_DIR_TEST(what_a_lease_does_not_protect_and_what_is_not_whole_is_looked_at),
		LB_DIR_TEST(a_young_time_stamp_tells_nothing),
		LB_DIR_TEST(behind_a_lock_that_was_given_up_everything_is_looked_at),
		LB_DIR_TEST(gc_drops_what_was_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
