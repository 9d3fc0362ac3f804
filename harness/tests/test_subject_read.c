/* SPDX-License-Identifier: Apache-2.0
 *
 * Recorded output of docker 20.10 and buildah 1.28, shortened where nothing is decided, and what is to be read in it: a
 * letter a step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "subject/read.h"

/* "build/FROM base|RUN x|…" a stage; a stage without a name begins with '/'. '^' begins what a trigger brings. */
struct read_case {
	const char *name;
	void (*read)(const struct reading *r);
	const char *stages[4];
	const char *output;
	const char *expected; /* h hit, m miss, . meta, s skipped, ? unknown, E error, u unreached; a blank between stages */
	bool failed;
	size_t before;
};

#define BUILDKIT read_buildkit
#define CLASSIC  read_classic
#define BUILDAH  read_buildah

static const struct read_case cases[] = {
	{ "nothing in the cache",
	  BUILDKIT,
	  { "/FROM busybox|ENV A=1|COPY . .|RUN a" },
	  "#1 [internal] load build definition from Dockerfile\n#1 sha256:fca784f6df88\n#1 transferring dockerfile: 32B done\n#1 DONE "
	  "0.0s\n\n"
	  "#4 [1/3] FROM docker.io/library/busybox\n#4 DONE 0.0s\n\n#5 [2/3] COPY . .\n#5 DONE 0.0s\n\n"
	  "#6 [3/3] RUN a\n#6 sha256:00\n#6 0.204 said\n#6 DONE 0.3s\n\n#7 exporting to image\n#7 DONE 0.0s\n",
	  "..mm",
	  false,
	  0 },
	{ "stages side by side, lines in between each other",
	  BUILDKIT,
	  { "a/FROM busybox AS a|RUN one|RUN two", "b/FROM busybox AS b|RUN other", "/FROM scratch|COPY --from=a / /|COPY --from=b / /" },
	  "#4 [a 1/3] FROM docker.io/library/busybox\n#4 CACHED\n\n#5 [a 2/3] RUN one\n#6 [b 2/2] RUN other\n#5 0.100 x\n#6 0.110 y\n"
	  "#6 DONE 0.2s\n\n#5 ...\n#7 [a 3/3] RUN two\n#5 DONE 0.3s\n#7 DONE 0.2s\n\n#8 [stage-2 1/2] COPY --from=a / /\n#8 CACHED\n\n"
	  "#9 [stage-2 2/2] COPY --from=b / /\n#9 DONE 0.1s\n",
	  ".mm .m .hm",
	  false,
	  0 },
	{ "a stage that nobody needs",
	  BUILDKIT,
	  { "a/FROM busybox AS a|RUN one", "b/FROM busybox AS b|RUN other" },
	  "#4 [b 1/2] FROM docker.io/library/busybox\n#4 DONE 0.0s\n#5 [b 2/2] RUN other\n#5 CACHED\n",
	  "ss .h",
	  false,
	  0 },
	{ "a name in capitals, a platform, numbers with blanks",
	  BUILDKIT,
	  { "Build/FROM x AS Build|RUN a|RUN b" },
	  "#4 [linux/amd64 build  1/10] FROM x\n#5 [linux/amd64 build  2/3] RUN a\n#5 CACHED\n#6 [linux/amd64 build 3/3] RUN b\n#6 DONE "
	  "1.0s\n",
	  ".hm",
	  false,
	  0 },
	{ "a RUN that speaks as BuildKit does",
	  BUILDKIT,
	  { "/FROM x|RUN a|RUN b" },
	  "#4 [1/3] FROM x\n#4 DONE 0.0s\n#5 [2/3] RUN a\n#5 0.100 #6 CACHED\n#5 0.101 #6 [3/3] RUN b\n#5 DONE 0.2s\n#6 [3/3] RUN b\n"
	  "#6 0.1 #5 CACHED\n#6 DONE 0.2s\n",
	  ".mm",
	  false,
	  0 },
	{ "a RUN fails, another is ended",
	  BUILDKIT,
	  { "a/FROM x AS a|RUN one|RUN never", "/FROM x|RUN slow|COPY --from=a / /" },
	  "#4 [a 1/3] FROM x\n#4 DONE 0.0s\n#5 [a 2/3] RUN one\n#6 [stage-1 2/3] RUN slow\n#5 ERROR: executor failed running [/bin/sh -c "
	  "one]: "
	  "exit code: 1\n#6 CANCELED\n------\n > [a 2/3] RUN one:\n------\nexecutor failed running [/bin/sh -c one]: exit code: 1\n",
	  ".Eu .uu",
	  true,
	  0 },
	{ "stages that begin alike are one, printed once",
	  BUILDKIT,
	  { "a/FROM x AS a|WORKDIR /w|RUN one", "/FROM x|WORKDIR /w|COPY --from=a / /" },
	  "#4 [a 1/3] FROM x\n#4 DONE 0.0s\n#5 [a 2/3] WORKDIR /w\n#5 CACHED\n#6 [a 3/3] RUN one\n#6 DONE 0.1s\n"
	  "#7 [stage-1 3/3] COPY --from=a / /\n#7 DONE 0.1s\n",
	  ".hm .hm",
	  false,
	  0 },
	{ "ONBUILD's triggers count",
	  BUILDKIT,
	  { "/FROM x|^COPY a /|^RUN t|RUN own" },
	  "#4 [1/2] FROM x\n#4 DONE 0.0s\n#5 [2/2] ONBUILD COPY a /\n#5 CACHED\n#6 [3/2] ONBUILD RUN t\n#6 DONE 0.1s\n#7 [4/2] RUN own\n#7 "
	  "DONE 0.1s\n",
	  ".hmm",
	  false,
	  0 },
	{ "several lines and a heredoc have names of one",
	  BUILDKIT,
	  { "/FROM x|RUN a && b|RUN <<E" },
	  "#4 [1/3] FROM x\n#5 [2/3] RUN a   && b\n#5 CACHED\n#6 [3/3] RUN <<E (echo hi...)\n#6 DONE 0.1s\n",
	  ".hm",
	  false,
	  0 },
	{ "nothing but metadata", BUILDKIT, { "/FROM x|CMD a" }, "#4 [1/1] FROM x\n#4 DONE 0.0s\n", "??", false, 0 },
	{ "ends before anything", BUILDKIT, { "/FROM x|RUN a" }, "error: failed to solve: x: not found\n", "?u", true, 0 },

	{ "hits, misses and metadata",
	  CLASSIC,
	  { "/FROM x|ENV A=1|COPY . .|RUN a" },
	  "Sending build context to Docker daemon  3.072kB\nStep 1/5 : ARG V\nStep 2/5 : FROM x\n ---> d4f9\nStep 3/5 : ENV A=1\n ---> "
	  "Using cache\n"
	  " ---> 0d4c\nStep 4/5 : COPY . .\n ---> a2ba\nStep 5/5 : RUN a\n ---> Running in cbf8\nsaid\nRemoving intermediate container "
	  "cbf8\n"
	  " ---> a09d\nSuccessfully built a09d\n",
	  ".hmm",
	  false,
	  1 },
	{ "a RUN that speaks as the legacy builder does",
	  CLASSIC,
	  { "/FROM x|RUN a|RUN b" },
	  "Step 1/3 : FROM x\n ---> d4f9\nStep 2/3 : RUN a\n ---> Running in cbf8\nStep 3/3 : RUN b\n ---> Using cache\n ---> 00\n"
	  "Removing intermediate container ffff\nRemoving intermediate container cbf8\n ---> a09d\nStep 3/3 : RUN b\n ---> Running in 77\n"
	  "Step 4/3 : RUN c\nRemoving intermediate container 77\n ---> 88\nSuccessfully built 88\n",
	  ".mm",
	  false,
	  0 },
	{ "a RUN fails",
	  CLASSIC,
	  { "/FROM x|COPY . .|RUN a|RUN b" },
	  "Step 1/4 : FROM x\n ---> 1\nStep 2/4 : COPY . .\n ---> Using cache\n ---> 2\nStep 3/4 : RUN a\n ---> Running in cbf8\nStep 4/4 "
	  ": RUN b\n"
	  " ---> Using cache\nThe command '/bin/sh -c a' returned a non-zero code: 1\n",
	  ".hEu",
	  true,
	  0 },
	{ "up to a target",
	  CLASSIC,
	  { "a/FROM x AS a|RUN a", "/FROM x|RUN b" },
	  "Step 1/2 : FROM x AS a\n ---> 1\nStep 2/2 : RUN a\n ---> Using cache\n ---> 2\nSuccessfully built 2\n",
	  ".h ss",
	  false,
	  0 },
	{ "a FROM with triggers has a line for each hit",
	  CLASSIC,
	  { "/FROM x|^COPY a /|^RUN t|RUN own" },
	  "Step 1/2 : FROM x\n# Executing 2 build triggers\n ---> Using cache\n ---> Running in 9\nRemoving intermediate container 9\n "
	  "---> 3\n"
	  "Step 2/2 : RUN own\n ---> Using cache\n ---> 4\n",
	  ".hmh",
	  false,
	  0 },

	{ "one stage",
	  BUILDAH,
	  { "/FROM busybox|WORKDIR /app|COPY . .|RUN a" },
	  "STEP 1/4: FROM busybox\nSTEP 2/4: WORKDIR /app\n--> Using cache b5a2d890\n--> b5a2\nSTEP 3/4: COPY . .\n--> 94da\nSTEP 4/4: RUN "
	  "a\nsaid\n"
	  "COMMIT out\n--> f410\nSuccessfully tagged localhost/out:latest\nf4107022\n",
	  ".hmm",
	  false,
	  0 },
	{ "two stages, the last RUN a hit",
	  BUILDAH,
	  { "a/FROM busybox AS a|RUN one", "/FROM busybox|COPY --from=a /g /g|RUN true" },
	  "[1/2] STEP 1/2: FROM busybox AS a\n[1/2] STEP 2/2: RUN one\n--> Using cache 1\n--> 1\n[2/2] STEP 1/3: FROM busybox\n"
	  "[2/2] STEP 2/3: COPY --from=a /g /g\n--> Using cache 2\n--> 2\n[2/2] STEP 3/3: RUN true\n--> Using cache f410\n[2/2] COMMIT "
	  "out\n",
	  ".h .hh",
	  false,
	  0 },
	{ "a RUN that speaks as buildah does",
	  BUILDAH,
	  { "/FROM x|RUN a|COPY . .|RUN b" },
	  "STEP 1/4: FROM x\nSTEP 2/4: RUN a\nSTEP 3/4: COPY . .\n--> Using cache 00\nSTEP 9/9: RUN z\n--> 1\nSTEP 3/4: COPY . .\n--> 2\n"
	  "STEP 4/4: RUN b\nSTEP 2/4: RUN a\n--> Using cache 3\nCOMMIT\n",
	  ".mmm",
	  false,
	  0 },
	{ "a RUN fails",
	  BUILDAH,
	  { "/FROM x|RUN a|RUN b" },
	  "STEP 1/3: FROM x\nSTEP 2/3: RUN a\nerror building at STEP \"RUN a\": error while running runtime: exit status 1\n",
	  ".Eu",
	  true,
	  0 },
	{ "a stage that waits for another in the middle of its steps",
	  BUILDAH,
	  { "a/FROM x AS a|RUN one", "b/FROM x AS b|COPY --from=a / /|RUN two" },
	  "[1/2] STEP 1/2: FROM x AS a\n[2/2] STEP 1/3: FROM x AS b\n[2/2] STEP 2/3: COPY --from=a / /\n[1/2] STEP 2/2: RUN one\n"
	  "--> Using cache b0a49277\n--> b0a4\n--> Using cache 1a4ab747\n--> 1a4a\n[2/2] STEP 3/3: RUN two\n--> 5403\n",
	  ".h .hm",
	  false,
	  0 },
	{ "a RUN fails while another stage waits for it",
	  BUILDAH,
	  { "a/FROM x AS a|RUN one", "b/FROM x AS b|COPY --from=a / /|RUN two" },
	  "[1/2] STEP 1/2: FROM x AS a\n[2/2] STEP 1/3: FROM x AS b\n[2/2] STEP 2/3: COPY --from=a / /\n[1/2] STEP 2/2: RUN one\n"
	  "Error: building at STEP \"RUN one\": while running runtime: exit status 1\n",
	  ".E .uu",
	  true,
	  0 },
	{ "a RUN that says it was a hit",
	  BUILDAH,
	  { "/FROM x|RUN a|RUN b" },
	  "STEP 1/3: FROM x\nSTEP 2/3: RUN a\n--> Using cache 00\n--> 1234\nSTEP 3/3: RUN b\nCOMMIT\n",
	  ".mm",
	  false,
	  0 },
	{ "a stage that was left out",
	  BUILDAH,
	  { "a/FROM x AS a|RUN a", "/FROM x|RUN b" },
	  "[2/2] STEP 1/2: FROM x\n[2/2] STEP 2/2: RUN b\n--> 1\n[2/2] COMMIT\n",
	  "ss .m",
	  false,
	  0 },
	{ "no end of line, no output", BUILDAH, { "/FROM x|RUN a" }, "", "uu", true, 0 },
	{ "carriage returns",
	  CLASSIC,
	  { "/FROM x|RUN a" },
	  "Step 1/2 : FROM x\r\n ---> 1\r\nStep 2/2 : RUN a\r\n ---> Using cache\r\n ---> 2",
	  ".h",
	  false,
	  0 },
};

static enum lb_keyword keyword_of(const char *text)
{
	size_t n = strcspn(text, " |");
	for (int k = 1; k < LB_KW_COUNT; k++)
		if (strlen(lb_keyword_name((enum lb_keyword)k)) == n && strncmp(lb_keyword_name((enum lb_keyword)k), text, n) == 0)
			return (enum lb_keyword)k;
	fail_msg("no keyword: %s", text);
	return LB_KW_UNKNOWN;
}

/* Steps of a stage's text; returns how many there are in all. */
static size_t add_stage(struct subject_step *steps, size_t count, int stage, const char *text)
{
	const char *slash = strchr(text, '/'), *p = slash + 1;
	int index = 0, trigger = 0;
	while (*p) {
		size_t n = strcspn(p, "|");
		bool brought = *p == '^';
		trigger = brought ? trigger + 1 : 0;
		steps[count] = (struct subject_step){ .stage = stage,
						      .index = index,
						      .trigger = trigger,
						      .stage_name = slash > text ? lb_strndup(text, (size_t)(slash - text)) : NULL,
						      .text = lb_strndup(p + brought, n - brought),
						      .keyword = keyword_of(p + brought) };
		index += !brought;
		count++;
		p += n + (p[n] == '|');
	}
	return count;
}

static void check_case(const struct read_case *c)
{
	static const char letters[] = { [LB_HIT] = 'h',     [LB_MISS] = 'm',  [LB_META] = '.',     [LB_SKIPPED] = 's',
					[LB_UNKNOWN] = '?', [LB_ERROR] = 'E', [LB_UNREACHED] = 'u' };
	struct subject_step steps[32];
	char got[64];
	size_t count = 0, n = 0;
	for (int s = 0; s < 4 && c->stages[s]; s++)
		count = add_stage(steps, count, s, c->stages[s]);
	const struct reading r = { c->output, c->failed, c->before, steps, count };
	c->read(&r);
	for (size_t i = 0; i < count; i++) {
		if (i && steps[i].stage != steps[i - 1].stage)
			got[n++] = ' ';
		got[n++] = letters[steps[i].outcome];
		free(steps[i].text);
		free(steps[i].stage_name);
	}
	got[n] = '\0';
	if (strcmp(got, c->expected) != 0)
		fail_msg("%s: '%s', expected '%s'", c->name, got, c->expected);
}

static void test_outputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		check_case(&cases[i]);
}

/* Whatever is cut off anywhere, or has nothing to do with it, is read without harm. */
static void test_cut_outputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		for (size_t cut = 0; cut < strlen(cases[i].output); cut++) {
			struct subject_step steps[32];
			size_t count = 0;
			lb_autofree char *text = lb_strndup(cases[i].output, cut);
			for (int s = 0; s < 4 && cases[i].stages[s]; s++)
				count = add_stage(steps, count, s, cases[i].stages[s]);
			const struct reading r = { text, true, cases[i].before, steps, count };
			read_buildkit(&r);
			read_classic(&r);
			read_buildah(&r);
			for (size_t k = 0; k < count; k++) {
				free(steps[k].text);
				free(steps[k].stage_name);
			}
		}
	}
	const struct reading nothing = { "#1 [1/1] FROM x\nStep 1/1 : FROM x\nSTEP 1/1: FROM x\n", false, 0, NULL, 0 };
	read_buildkit(&nothing);
	read_classic(&nothing);
	read_buildah(&nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_outputs), cmocka_unit_test(test_cut_outputs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
