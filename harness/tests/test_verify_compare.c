/* SPDX-License-Identifier: Apache-2.0
 *
 * What agrees and what does not, outcome by outcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "verify/verify.h"

/* A file of up to six instructions as one text: "FROM RUN COPY", and a letter for each: what was seen (h m n s e u)
 * against what came out (h m - s ? e u for hit, miss, meta, skipped, unknown, error, unreached; r: refused). */
struct row {
	const char *key, *file, *seen, *ours;
	bool seen_failed, failed;
	size_t compared, agreed;
};

static enum lb_keyword keyword_of(const char *word, size_t len)
{
	for (int k = 1; k < LB_KW_COUNT; k++)
		if (strlen(lb_keyword_name((enum lb_keyword)k)) == len && memcmp(lb_keyword_name((enum lb_keyword)k), word, len) == 0)
			return (enum lb_keyword)k;
	return LB_KW_UNKNOWN;
}

enum { MOST = 6 };
struct sample {
	struct verify_seen_step seen[MOST];
	struct verify_played_step played[MOST];
	char words[MOST][32];
};

/* "FROM=x" is a FROM with AS x. */
static size_t fill(struct sample *s, const struct row *r)
{
	size_t count = 0;
	for (const char *at = r->file; *at; at += *at == ' ') {
		size_t len = strcspn(at, " "), word = strcspn(at, " =");
		snprintf(s->words[count], sizeof(s->words[count]), "%.*s", (int)word, at);
		lb_autofree char *text = word < len ? lb_format("FROM base AS %.*s", (int)(len - word - 1), at + word + 1) : NULL;
		s->played[count] = (struct verify_played_step){ .keyword = keyword_of(at, word), .why = (char *)"because" };
		s->seen[count] = (struct verify_seen_step){ .instruction = s->words[count], .text = s->words[count] };
		if (text) {
			char *kept = s->words[count] + word + 1;
			snprintf(kept, sizeof(s->words[count]) - word - 1, "%s", text);
			s->seen[count].text = kept;
		}
		at += len;
		count++;
	}
	return count;
}

static void check(const struct row *r)
{
	static const char seen_letters[] = "hmnseu", ours_letters[] = "hm-s?eu";
	struct sample s = { 0 };
	size_t count = fill(&s, r);
	for (size_t i = 0; i < strlen(r->seen); i++)
		s.seen[i].outcome = (enum verify_outcome)(strchr(seen_letters, r->seen[i]) - seen_letters);
	bool refused = *r->ours == 'r';
	for (size_t i = 0; !refused && i < count; i++)
		s.played[i].outcome = (enum lb_outcome)(strchr(ours_letters, r->ours[i]) - ours_letters);
	struct verify_seen_state seen = { .name = "s", .failed = r->seen_failed, .steps = s.seen, .steps_count = strlen(r->seen) };
	struct verify_played played = {
		.refused = refused, .failed = r->failed, .why = (char *)"so", .steps = s.played, .steps_count = refused ? 0 : count
	};
	struct verify_cell cell = { .key = lb_strdup(r->key) };
	verify_compare(&seen, &played, &cell);
	if (cell.compared != r->compared || cell.agreed != r->agreed)
		fail_msg("%s %s %s/%s: %zu of %zu, expected %zu of %zu", r->key, r->file, r->seen, r->ours, cell.agreed, cell.compared,
			 r->agreed, r->compared);
	assert_int_equal(cell.count, cell.compared - cell.agreed);
	verify_cell_release(&cell);
}

/* The exit is one of what is compared. */
static void outcomes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "buildkit@1", "FROM RUN COPY", "nhm", "-hm", false, false, 4, 4 },
		{ "buildkit@1", "FROM RUN COPY", "nhm", "-mh", false, false, 4, 2 },
		{ "buildkit@1", "FROM RUN COPY", "nmm", "-m?", false, false, 4, 3 },
		{ "classic@1", "FROM ENV RUN", "nmh", "--h", false, false, 4, 4 },
		{ "classic@1", "FROM ENV RUN", "nhh", "--h", false, false, 4, 4 },
		{ "classic@1", "FROM ENV RUN", "nmm", "---", false, false, 4, 3 },
		{ "classic@1", "FROM WORKDIR RUN", "nhm", "-mm", false, false, 4, 3 },
		{ "classic@1", "FROM COPY FROM RUN", "ssnm", "ss-m", false, false, 5, 5 },
		{ "buildkit@1", "FROM COPY FROM RUN", "nsnm", "ss-m", false, false, 5, 5 },
		{ "buildkit@1", "FROM COPY FROM RUN", "nmnm", "ss-m", false, false, 5, 4 },
		{ "buildkit@1", "FROM RUN", "nm", "-m", false, true, 1, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check(&rows[i]);
}

static void failures(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* refused: whether both did so is one observation */
		{ "classic@1", "FROM RUN", "uu", "r", true, true, 2, 2 },
		{ "buildkit@1", "FROM ENV", "nu", "r", true, true, 2, 2 },
		{ "buildkit@1", "FROM ENV", "nu", "-e", true, true, 2, 1 },
		{ "classic@1", "FROM RUN COPY", "nme", "r", true, true, 2, 1 },
		{ "classic@1", "FROM RUN COPY", "uuu", "-me", true, true, 2, 1 },
		/* the step that failed, what came before, what was not reached */
		{ "classic@1", "FROM RUN COPY RUN", "nmeu", "-meu", true, true, 5, 5 },
		{ "classic@1", "FROM RUN COPY RUN", "nhue", "-meu", true, true, 5, 2 },
		/* a step that fails unprinted */
		{ "classic@1", "FROM RUN FROM RUN", "neuu", "-meu", true, true, 5, 5 },
		{ "classic@1", "FROM RUN", "nu", "eu", true, true, 2, 2 },
		{ "buildah@1", "FROM ENV RUN", "nuu", "-eu", true, true, 2, 2 },
		{ "buildah@1", "FROM RUN ENV", "neu", "-me", true, true, 4, 4 },
		{ "buildkit@1", "FROM RUN ENV", "neu", "-me", true, true, 4, 2 },
		/* several stages side by side: the failing step alone */
		{ "buildkit@1", "FROM RUN FROM COPY", "nune", "-m-e", true, true, 2, 2 },
		{ "buildkit@1", "FROM RUN FROM COPY", "nenu", "-m-e", true, true, 3, 1 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check(&rows[i]);
}

static void what_the_observations_cannot_tell(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* a heredoc swallowed the rest of the file */
		{ "buildkit@1", "FROM COPY RUN", "nm", "-mh", false, false, 3, 3 },
		{ "buildkit@1", "FROM COPY", "nmm", "-m", false, false, 2, 1 },
		/* stages of one name */
		{ "buildkit@1", "FROM=x RUN FROM=x RUN", "nmnm", "ss-m", false, false, 3, 3 },
		{ "buildkit@1", "FROM=x RUN FROM=y RUN", "nmnm", "ss-m", false, false, 5, 4 },
		{ "buildah@1", "FROM=x RUN FROM=x RUN", "nmnm", "ss-m", false, false, 5, 4 },
		{ "buildkit@1", "FROM=X RUN FROM COPY", "nsnm", "-m-m", false, false, 4, 4 },
		{ "buildkit@1", "FROM=x RUN FROM COPY", "nsnm", "-m-m", false, false, 5, 4 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check(&rows[i]);
}

static void layers_and_triggers(void **state)
{
	(void)state;
	struct lb_strv seen_entries = { 0 }, our_entries = { 0 };
	lb_strv_add(&seen_entries, "d 40755 0:0 0 etc");
	lb_strv_add(&seen_entries, "f 100755 0:0 0 etc/hosts");
	lb_strv_add(&seen_entries, "d 40755 0:0 0 run");
	lb_strv_add(&seen_entries, "f 0600 0:0 0 etc/.wh.a");
	lb_strv_add(&our_entries, "f 0600 0:0 0 etc/.wh.a");
	lb_strv_add(&our_entries, "d 0755 0:0 0 etc");
	enum verify_outcome triggers[] = { VERIFY_HIT, VERIFY_MISS };
	struct verify_played_step ours[] = { { LB_KW_COPY, LB_HIT, NULL, (char *)"" }, { LB_KW_RUN, LB_HIT, NULL, (char *)"" } };
	struct verify_seen_state seen = { .name = "s",
					  .layers_given = true,
					  .layers = 2,
					  .entries = &seen_entries,
					  .entries_count = 1,
					  .entries_given = true,
					  .triggers = triggers,
					  .triggers_count = 2 };
	struct verify_played played = {
		.why = (char *)"", .layers = 2, .entries = &our_entries, .entries_count = 1, .triggers = ours, .triggers_count = 2
	};
	struct verify_cell cell = { .key = lb_strdup("buildah@1") };
	verify_compare(&seen, &played, &cell);
	assert_int_equal(cell.compared, 5); /* exit, two triggers, layers, the entries of one */
	assert_int_equal(cell.count, 1);
	assert_string_equal(cell.items[0].what, "trigger 2");
	verify_cell_release(&cell);
	cell.key = lb_strdup("classic@1");
	played.layers = 3;
	verify_compare(&seen, &played, &cell);
	assert_int_equal(cell.count, 3);
	assert_string_equal(cell.items[1].what, "layers");
	assert_string_equal(cell.items[2].observed, "etc/hosts (f 0755 0:0 0), run (d 0755 0:0 0)");
	assert_string_equal(cell.items[2].ours, "nothing more");
	verify_cell_release(&cell);
	lb_strv_release(&seen_entries);
	lb_strv_release(&our_entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(failures),
		cmocka_unit_test(what_the_observations_cannot_tell),
		cmocka_unit_test(layers_and_triggers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
