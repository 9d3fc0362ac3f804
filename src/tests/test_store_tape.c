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

#include "store/backend.h"
#include "store/db.h"
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
