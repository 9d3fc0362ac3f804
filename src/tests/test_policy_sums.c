/* SPDX-License-Identifier: Apache-2.0
 *
 * The sums that policies leave in the nodes of a context. Memos on disk keep them for later versions: when one comes
 * out otherwise than here, LB_FLAVOURS_VERSION (lbench/tree.h) must be raised, and with it what stands here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/internal.h"
#include "policy_mini.h"

#define CONTEXT \
	"d 0755 0:0 @1600000000 d\nf 0644 0:0 @1600000000 d/a = one\nf 0755 0:0 @1600000000 d/b = two\nl 0777 0:0 @1600000000 d/l -> a\n" \
	"d 0755 0:0 @1600000000 d/sub\nf 0600 7:8 @1600000000 d/sub/c = three\nf 0644 0:0 @1600000000 d/sub/none = \n"

static int refuse(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n;
	(void)arg;
	(void)out;
	return lb_fail(err, LB_NOT_FOUND, "not known");
}

static int add_sums(const char *path, size_t len, struct lb_node *n, void *arg)
{
	for (unsigned f = 0; f < LB_FLAVOUR_COUNT; f++) {
		struct lb_digest d;
		if (lb_node_digest_by(n, (enum lb_flavour)f, refuse, NULL, &d, NULL))
			continue;
		lb_sha256_add(arg, path, len);
		lb_sha256_addu(arg, f);
		lb_sha256_addd(arg, &d);
	}
	return 0;
}

/* Over all flavours that a node has, of all nodes. */
static void sums_of(const char *policy, char hex[LB_DIGEST_HEX])
{
	struct mini *m = mini_new(policy, LB_BUILDER_WARM);
	const struct mini_state state = { .dockerfile = "FROM base\nCOPY d /x/\n" };
	struct lb_node *disk = NULL;
	struct lb_err err;
	if (lb_tree_parse(CONTEXT, &disk, &err) || mini_build(m, &state, disk, &err))
		fail_msg("%s", err.text);
	static const enum lb_flavour own[] = { LB_FLAVOUR_FULL, LB_FLAVOUR_NO_TIME, LB_FLAVOUR_SHAPE };
	struct lb_digest d;
	for (size_t i = 0; i < LB_COUNT(own); i++)
		assert_int_equal(lb_node_digest(disk, own[i], &d, NULL), 0);
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_tree_walk(disk, add_sums, &h);
	d = lb_sha256_done(&h);
	lb_digest_hex(&d, hex);
	lb_node_unref(disk);
	mini_free(m);
}

static void are_what_memos_have(void **state)
{
	(void)state;
	static const struct {
		const char *policy, *sums;
	} rows[] = {
		{ "never", "97e455c50b280d4b" }, { "buildkit", "625920117b31e3ab" }, { "classic", "bbf8434d945715ca" }, { "buildah", "9f23b6c911720186" }, { "kaniko", "6613bc05734afecb" },
	};
	assert_int_equal(LB_FLAVOURS_VERSION, 1);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		char hex[LB_DIGEST_HEX];
		sums_of(rows[i].policy, hex);
		hex[16] = '\0';
		if (strcmp(hex, rows[i].sums) != 0)
			fail_msg("%s sums up otherwise: %s, not %s; LB_FLAVOURS_VERSION must be raised", rows[i].policy, hex, rows[i].sums);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(are_what_memos_have) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
