/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kept cache costs that many builds wrote to: a look-up reads as many records as in a young one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_rows.h"
#include "store/backend.h"
#include "store/db.h"

#define TEXT "FROM base\nWORKDIR /w\nCOPY a.txt /a\nLABEL x=1\nRUN one > /one\nCOPY d /d\n"

static void build(struct mini *m, int edit, bool no_cache, const char *outcomes)
{
	struct lb_err err;
	struct lb_node *disk;
	lb_autofree char *files = lb_format("f 0644 0:0" AT "a.txt = %d\nf 0644 0:0" AT "d/x = %d\n", edit, edit);
	struct mini_state state = { .dockerfile = TEXT, .no_cache = no_cache };
	assert_int_equal(lb_tree_parse(files, &disk, &err), 0);
	if (mini_build(m, &state, disk, &err))
		fail_msg("%s: %s", m->policy->name, err.text);
	lb_node_unref(disk);
	mini_drop_results(m);
	if (outcomes)
		assert_string_equal(m->outcomes, outcomes);
}

/* Another process's: nothing of the scope has been read yet. */
static void open_anew(struct mini *m, struct lb_store *s)
{
	lb_scope_free(m->scope);
	assert_int_equal(lb_scope_open(s, "many", &m->scope, NULL), 0);
	mini_reopen(m, LB_BUILDER_WARM);
}

static uint64_t rows_of_a_build(struct mini *m, struct lb_store *s, int edit, const char *outcomes)
{
	open_anew(m, s);
	uint64_t before = lb_db_rows(s->be->db);
	build(m, edit, false, outcomes);
	return lb_db_rows(s->be->db) - before;
}

/* Each build either edits what the ones before edited, or carries out again what they did. */
static void build_many(struct mini *m, struct lb_store *s, int count, int *edit)
{
	for (int i = 0; i < count; i++) {
		open_anew(m, s);
		bool again = i % 3 == 2;
		*edit += !again;
		build(m, *edit, again, NULL);
	}
}

static void a_look_up_reads_no_more_after_many_builds(void **state)
{
	(void)state;
	const struct lb_policy *policies[32];
	size_t count = lb_policy_list(false, policies, LB_COUNT(policies));
	assert_in_range(count, 5, LB_COUNT(policies));
	for (size_t i = 0; i < count; i++) {
		struct lb_store *s;
		assert_int_equal(lb_store_open_memory(&s, NULL), 0);
		struct mini *m = mini_new(policies[i]->name, LB_BUILDER_WARM);
		int edit = 0;
		build_many(m, s, 20, &edit);
		uint64_t hits = rows_of_a_build(m, s, edit, NULL), misses = rows_of_a_build(m, s, ++edit, NULL);
		char on_hits[MINI_STEPS], on_misses[MINI_STEPS];
		rows_of_a_build(m, s, edit, NULL);
		memcpy(on_hits, m->outcomes, sizeof(on_hits));
		rows_of_a_build(m, s, ++edit, NULL);
		memcpy(on_misses, m->outcomes, sizeof(on_misses));
		build_many(m, s, 200, &edit);
		assert_int_equal(rows_of_a_build(m, s, edit, on_hits), hits);
		assert_int_equal(rows_of_a_build(m, s, ++edit, on_misses), misses);
		mini_free(m);
		lb_store_close(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_up_reads_no_more_after_many_builds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
