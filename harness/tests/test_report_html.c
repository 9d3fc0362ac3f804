/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "report/html.h"

#define DATA LBENCH_SOURCE_DIR "/harness/tests/data/"

static char *page_of(const char *const *dirs, size_t n)
{
	struct report *list[4] = { NULL };
	struct lb_err err = { 0 };
	lb_autobuf struct lb_buf page = { 0 };
	for (size_t i = 0; i < n; i++)
		if (report_load(dirs[i], &list[i], &err))
			fail_msg("%s", err.text);
	if (report_html((const struct report *const *)list, n, &page, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		report_free(list[i]);
	return lb_buf_steal(&page);
}

static size_t count(const char *page, const char *text)
{
	size_t n = 0;
	for (const char *p = page; (p = strstr(p, text)); p += strlen(text))
		n++;
	return n;
}

static void has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("\"%s\" is not on the page", text);
}

static void test_texts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *escaped;
	} cases[] = {
		{ "a < b && c > \"d\" 'e'", "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;" },
		{ "\033[1m\tx\r\n", " [1m x  " },
		{ "\xff\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "a\xe2\x80\xae"
		  "b",
		  "a b" }, /* a mark that would turn the direction of writing */
		{ "größe", "größe" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		html_text(&out, cases[i].text);
		assert_string_equal(lb_buf_str(&out), cases[i].escaped);
	}
}

static void test_sentences(void **state)
{
	(void)state;
	static const struct {
		const char *text, *markup;
	} cases[] = {
		{ "x:1 `RUN a<b` re-runs", "x:1 <code>RUN a&lt;b</code> re-runs" },
		{ "odd `one", "odd <code>one</code>" },
		{ "", "" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		html_sentence(&out, cases[i].text);
		assert_string_equal(lb_buf_str(&out), cases[i].markup);
	}
}

static void test_base64(void **state)
{
	(void)state;
	/* RFC 4648, section 10 */
	static const char *const cases[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		html_base64(&out, cases[i][0], strlen(cases[i][0]));
		assert_string_equal(lb_buf_str(&out), cases[i][1]);
	}
}

static void test_what_pages_say(void **state)
{
	(void)state;
	static const struct {
		const char *result, *said[6];
		size_t panels; /* a build that a matrix shows has one */
	} cases[] = {
		{ "python-app",
		  { "a commit wasted by one line", "<b>Costs most.</b> Re-runs because line 7 does.", "<b>Better:</b> deps-first saves",
		    "declared, not measured", "title=\"re-run for nothing\">W</a>", "◆ shared" },
		  52 },
		{ "unknowns",
		  { "<b class=\"open\">100", "<b>May re-run for nothing.</b>", "nobody knows whether needed\">R</a>", "data-l=\"wasted\">?",
		    "Nothing here says what it depends on.", "Unknown: no RUN has a model" },
		  5 },
		{ "failed", { "class=\"trouble\">failed: copy-first", "title=\"failed\">E</a>", "skipped: deps-first under kaniko" }, 12 },
		{ "two-policies", { "The same under the rules of other engines", "decide differently", "Under the rules of" }, 0 },
		{ "builders", { "CI runner, cache imported", "without cache" }, 0 },
		{ "sequence", { "What commits add up to, one after the other", "<svg viewBox=" }, 0 },
		{ "repeats", { "Seconds are medians of" }, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autofree char *dir = lb_format(DATA "%s", cases[i].result), *page = page_of(&(const char *){ dir }, 1);
		lb_autofree char *again = page_of(&(const char *){ dir }, 1);
		for (size_t k = 0; k < LB_COUNT(cases[i].said) && cases[i].said[k]; k++)
			has(page, cases[i].said[k]);
		if (cases[i].panels)
			assert_int_equal(count(page, "<section class=\"b\""), cases[i].panels);
		assert_string_equal(page, again);
		assert_true(strlen(page) < 1000000);
		assert_int_equal(count(page, "<script>"), 1);
	}
}

static void test_several(void **state)
{
	(void)state;
	static const char *const same[] = { DATA "python-app", DATA "sequence", DATA "repeats" };
	static const char *const others[] = { DATA "python-app", DATA "unknowns" };
	lb_autofree char *page = page_of(same, 3), *apart = page_of(others, 2);
	has(page, "3 results of this scenario");
	has(page, "RUN seconds a commit, result by result");
	assert_int_equal(count(page, "<article>"), 1);
	assert_int_equal(count(apart, "<article>"), 2);
	assert_null(strstr(apart, "results of this scenario"));
}

/* ---- a result that means harm ---- */

static char *dir;

static int setup(void **state)
{
	(void)state;
	return lb_fs_mkdtemp("/tmp", "report-html-", &dir, NULL);
}

static int teardown(void **state)
{
	(void)state;
	int rc = lb_fs_remove(AT_FDCWD, dir, NULL);
	lb_cleanup_free(&dir);
	return rc;
}

static void replace_all(const char *name, const char *what, const char *with)
{
	lb_autobuf struct lb_buf text = { 0 }, out = { 0 };
	lb_autofree char *from = lb_format(DATA "unknowns/%s", name), *to = lb_path_join(dir, name);
	assert_int_equal(lb_fs_read(AT_FDCWD, from, &text, NULL), 0);
	for (const char *p = lb_buf_str(&text); *p;) {
		bool here = !strncmp(p, what, strlen(what));
		lb_buf_add(&out, here ? with : p, here ? strlen(with) : 1);
		p += here ? strlen(what) : 1;
	}
	assert_int_equal(lb_fs_write(AT_FDCWD, to, out.data, out.len, NULL), 0);
}

static void test_hostile(void **state)
{
	(void)state;
	static const char *const names[] = { "builds.csv", "steps.csv" };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		replace_all(names[i], "RUN npm ci", "RUN </code><script>x()</script>'");
	replace_all("run.json", "\001", "");
	lb_autofree char *page = page_of(&(const char *){ dir }, 1);
	has(page, "&lt;/code&gt;&lt;script&gt;x()&lt;/script&gt;&#39;");
	assert_null(strstr(page, "<script>x()"));
}

/* The Dockerfile's path comes from run.json: it must not lead out of the result. */
static void test_paths(void **state)
{
	(void)state;
	lb_autofree char *link = lb_path_join(dir, "link"), *secret = lb_format("%s-secret", dir);
	lb_autofree char *beside = lb_format("../%s", lb_path_base(secret)), *around = lb_format("inputs/../%s", beside);
	const char *const ways[] = { "/etc/passwd", secret, beside, around, "link" };
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(lb_fs_write(AT_FDCWD, secret, "root:x:0:0\n", 11, NULL), 0);
	for (size_t i = 0; i < LB_COUNT(ways); i++) {
		replace_all("builds.csv", "\001", "");
		replace_all("steps.csv", "\001", "");
		replace_all("run.json", "inputs/Dockerfile.Dockerfile", ways[i]);
		lb_autofree char *run = lb_path_join(dir, "run.json"), *page = NULL;
		lb_autobuf struct lb_buf text = { 0 };
		assert_int_equal(lb_fs_read(AT_FDCWD, run, &text, NULL), 0);
		has(lb_buf_str(&text), ways[i]);
		page = page_of(&(const char *){ dir }, 1);
		assert_null(strstr(page, "root:x:0:0"));
		has(page, "<code>RUN npm ci</code>"); /* from the rows instead */
	}
	assert_int_equal(unlink(secret), 0);
}

/* ---- a result that is too large for one page ---- */

#define VARIANTS 40
#define EDITS    50
#define STEPS    30

static void write_text(const char *name, struct lb_buf *text)
{
	lb_autofree char *path = lb_path_join(dir, name);
	assert_int_equal(lb_fs_write(AT_FDCWD, path, text->data, text->len, NULL), 0);
	lb_buf_release(text);
}

static void large_run(void)
{
	struct lb_buf run = { 0 };
	lb_buf_adds(&run,
		    "{ \"schema\": 1, \"run_id\": \"1\", \"status\": \"done\", \"tool\": { \"version\": \"1\" }, \"scenario\": { \"name\": "
		    "\"large\", \"digest\": \"x\" }, \"options\": { \"run_mode\": \"model\", \"repeat\": 1 }, \"models\": { \"seconds\": "
		    "\"declared\" }, \"variants\": [");
	for (int v = 0; v < VARIANTS; v++)
		lb_buf_addf(&run, "%s{ \"name\": \"v%d\" }", v ? ", " : "", v);
	lb_buf_adds(&run, "], \"edits\": [");
	for (int e = 0; e < EDITS; e++)
		lb_buf_addf(&run, "%s{ \"name\": \"e%d\", \"weight\": 1 }", e ? ", " : "", e);
	lb_buf_adds(&run, "] }");
	write_text("run.json", &run);
}

static void large_rows(void)
{
	struct lb_buf builds = { 0 }, steps = { 0 };
	lb_buf_adds(&builds,
		    "build_id,variant,subject,policy,builder,workload,edit,seq,repeat,status,steps,hits,misses,meta,skipped,unknown,wasted,"
		    "stale,run_ns,wasted_run_ns,bytes_stored,bytes_pushed,message\n");
	lb_buf_adds(&steps,
		    "build_id,stage,step,line,instruction,trigger,outcome,needed,stale,reason,evidence,diff_id,layer_bytes,blob_digest,"
		    "blob_bytes,engine_ns,run_ns\n");
	for (int v = 0, id = 0; v < VARIANTS; v++)
		for (int e = -1; e < EDITS; e++, id++) {
			lb_autofree char *edit = e < 0 ? lb_strdup("cold") : lb_format("e%d", e);
			lb_buf_addf(&builds,
				    "%d,v%d,builtin,buildkit@0.25,warm,each,%s,%d,0,ok,%d,0,%d,0,0,0,%d,0,1000000000,1000000000,1,1,\n", id,
				    v, edit, e < 0 ? 0 : 1, STEPS, STEPS, e < 0 ? 0 : STEPS);
			for (int s = 0; s < STEPS; s++)
				lb_buf_addf(&steps, "%d,0,%d,%d,RUN %d,,miss,%s,,%s,,,,,,,1000000\n", id, s, s + 1, s, e < 0 ? "yes" : "no",
					    e < 0 ? "first-build" : "no-cache");
		}
	write_text("builds.csv", &builds);
	write_text("steps.csv", &steps);
}

static void test_large(void **state)
{
	(void)state;
	large_run();
	large_rows();
	lb_autofree char *page = page_of(&(const char *){ dir }, 1);
	has(page, "The reason of each cell is left out");
	has(page, "more variants are left out");
	assert_int_equal(count(page, "<section class=\"b\""), 0);
	assert_int_equal(count(page, "href=\"#r"), 0);
	assert_true(strlen(page) < 2500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_what_pages_say),
		cmocka_unit_test(test_several),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
