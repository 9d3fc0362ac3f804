/* SPDX-License-Identifier: Apache-2.0
 *
 * What each engine decides, as tables: builds one after the other against one cache, a letter for each
 * instruction (H hit, M miss, . metadata, ? unknown), and for one step of the last build its reason, evidence
 * and whether it was needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_mini.h"

#define AT " @1600000000 "
#define LATER " @1600000001 "
#define FILES "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"
#define EDITED_A "f 0644 0:0" LATER "a.txt = A\nf 0644 0:0" AT "b.txt = b\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"
#define EDITED_B "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" LATER "b.txt = B\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"

#define COPY_RUN "FROM base\nCOPY a.txt /a\nRUN one > /one\n"
#define RUN_COPY "FROM base\nRUN one > /one\nCOPY a.txt /a\n"
#define BUILDER "FROM base AS build\nCOPY a.txt /a\nRUN same > /out\nFROM base\nCOPY --from=build /out /out\nCOPY b.txt /b\n"

struct build_row {
	struct mini_state given;
	const char *outcomes;
};
struct row {
	const char *name, *policy;
	enum lb_builder_kind builder;
	struct build_row builds[7];
	int step;                /* of the last build that is looked at, from 0; reason is of this one */
	enum lb_reason reason;
	const char *evidence;    /* NULL: not looked at */
	int needed;              /* -1: not looked at */
};

/* ---- the states of the tables ---- */
#define B(text, files, want, ...) { { .dockerfile = text, .context = files, __VA_ARGS__ }, want }

static const struct row rows[] = {
	/* BuildKit: what counts */
	{ "content", "buildkit", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM") }, 0, LB_FILES_CHANGED,
	  "{\"path\":\"a.txt\",\"attribute\":\"content\",\"was\":\"ca978112ca1b\",\"now\":\"559aead08264\",\"changed\":1}", LB_NEEDED_YES },
	{ "inherited", "buildkit", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM") }, 1, LB_PARENT_MISSED,
	  "{\"inherited_from\":\"0:2\"}", LB_NEEDED_EMPTY },
	{ "another file", "buildkit", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_B, "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "touched", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 0:0" LATER "a.txt = a\n", "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "owner", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 7:7" AT "a.txt = a\n", "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "mode", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0755 0:0" AT "a.txt = a\n", "MM") }, 0, LB_METADATA_CHANGED,
	  "{\"path\":\"a.txt\",\"attribute\":\"mode\",\"was\":\"0644\",\"now\":\"0755\",\"changed\":1}", LB_NEEDED_YES },
	{ "undone", "buildkit", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "HH") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "added", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", FILES, "M"), B("FROM base\nCOPY d /d\n", FILES "f 0644 0:0" AT "d/z = z\n", "M") }, 0, LB_FILES_CHANGED,
	  "{\"path\":\"d/z\",\"attribute\":\"added\",\"now\":\"594e519ae499\",\"changed\":1}", LB_NEEDED_YES },
	{ "renamed", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/x = x\n", "M"), B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/z = x\n", "M") }, 0,
	  LB_FILES_CHANGED, NULL, LB_NEEDED_YES },
	{ "source moved", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY p/f /f\n", "f 0644 0:0" AT "p/f = x\n", "M"), B("FROM base\nCOPY q/f /f\n", "f 0644 0:0" AT "q/f = x\n", "H") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "another base name", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY a.txt /f\n", FILES, "M"), B("FROM base\nCOPY d/x /f\n", "f 0644 0:0" AT "d/x = a\n", "M") }, 0,
	  LB_INSTRUCTION_CHANGED, "{\"attribute\":\"instruction\",\"was\":\"COPY a.txt /f\",\"now\":\"COPY d/x /f\"}", LB_NEEDED_YES },
	{ "destination", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY a.txt /f\n", FILES, "M"), B("FROM base\nCOPY a.txt /g\n", FILES, "M") }, 0, LB_INSTRUCTION_CHANGED,
	  "{\"attribute\":\"destination\",\"was\":\"/f\",\"now\":\"/g\"}", LB_NEEDED_YES },
	{ "text", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B("FROM base\nRUN two > /one\nCOPY a.txt /a\n", FILES, "MM") }, 0,
	  LB_INSTRUCTION_CHANGED, "{\"attribute\":\"instruction\",\"was\":\"RUN one > /one\",\"now\":\"RUN two > /one\"}", LB_NEEDED_YES },
	{ "copy below it", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B("FROM base\nRUN two > /one\nCOPY a.txt /a\n", FILES, "MM") },
	  1, LB_PARENT_MISSED, "{\"inherited_from\":\"0:2\"}", LB_NEEDED_NO },
	{ "inserted", "buildkit", LB_BUILDER_WARM,
	  { B(RUN_COPY, FILES, "MM"), B("FROM base\nRUN one > /one\nRUN two > /two\nCOPY a.txt /a\n", FILES, "HMM") }, 1, LB_INSTRUCTION_CHANGED,
	  "{\"attribute\":\"instruction\",\"now\":\"RUN two > /two\"}", LB_NEEDED_YES },
	{ "removed", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN one > /one\nRUN two > /two\nCOPY a.txt /a\n", FILES, "MMM"), B(RUN_COPY, FILES, "HM") }, 1, LB_INSTRUCTION_CHANGED,
	  "{\"attribute\":\"step above\",\"was\":\"RUN two > /two\",\"now\":\"RUN one > /one\"}", LB_NEEDED_NO },
	{ "argument", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nARG V\nRUN echo $V\n", FILES, ".M", .args = { "V", "1" }), B("FROM base\nARG V\nRUN echo $V\n", FILES, ".M", .args = { "V", "2" }) },
	  1, LB_ARG_CHANGED, "{\"argument\":\"V\",\"was\":\"1\",\"now\":\"2\"}", LB_NEEDED_YES },
	{ "unused argument", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nARG V\nRUN echo\n", FILES, ".M", .args = { "V", "1" }, .depends = "same"),
	    B("FROM base\nARG V\nRUN echo\n", FILES, ".M", .args = { "V", "2" }, .depends = "same") }, 1, LB_ARG_CHANGED, NULL, LB_NEEDED_NO },
	{ "argument in a path", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nARG V\nCOPY a.txt /a$V\n", FILES, ".M", .args = { "V", "1" }), B("FROM base\nARG V\nCOPY a.txt /a$V\n", FILES, ".M", .args = { "V", "2" }) },
	  1, LB_ARG_CHANGED, "{\"argument\":\"V\",\"was\":\"1\",\"now\":\"2\"}", LB_NEEDED_YES },
	{ "argument over copies", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nARG V\nCOPY a.txt /a\n", FILES, ".M", .args = { "V", "1" }), B("FROM base\nARG V\nCOPY a.txt /a\n", FILES, ".H", .args = { "V", "2" }) },
	  1, LB_REASON_NONE, "", -1 },
	{ "order of variables", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nENV A=1\nENV B=2\nRUN echo\n", FILES, "..M"), B("FROM base\nENV B=2\nENV A=1\nRUN echo\n", FILES, "..M") }, 2,
	  LB_INSTRUCTION_CHANGED, "{\"attribute\":\"order of variables\"}", -1 },
	{ "label", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".H") }, 1, LB_REASON_NONE, "", -1 },
	{ "base moved", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B(RUN_COPY, FILES, "MM", .base = 1), B(RUN_COPY, FILES, "HH") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "base changed", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B(RUN_COPY, FILES, "MM", .base = 1) }, 0, LB_BASE_CHANGED,
	  "{\"inherited_from\":\"0:1\"}", LB_NEEDED_YES },
	{ "base changed, copy", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B(RUN_COPY, FILES, "MM", .base = 1) }, 1, LB_PARENT_MISSED,
	  "{\"inherited_from\":\"0:1\"}", LB_NEEDED_NO },
	{ "base's configuration", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, FILES, "MM", .base_env = "1"), B(COPY_RUN, FILES, "HM", .base_env = "2") }, 1, LB_ARG_CHANGED,
	  "{\"argument\":\"BASE\",\"was\":\"1\",\"now\":\"2\"}", -1 },
	{ "no cache", "buildkit", LB_BUILDER_WARM, { B(RUN_COPY, FILES, "MM"), B(RUN_COPY, FILES, "MM", .no_cache = true) }, 1, LB_NO_CACHE, "",
	  LB_NEEDED_NO },
	{ "after no cache", "buildkit", LB_BUILDER_WARM,
	  { B(RUN_COPY, FILES, "MM"), B(RUN_COPY, FILES, "MM", .no_cache = true), B(RUN_COPY, FILES, "HH") }, 1, LB_REASON_NONE, "", -1 },
	{ "the model depends on nothing that changed", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, FILES, "MM", .depends = "same"), B(COPY_RUN, EDITED_A, "MM", .depends = "same") }, 1, LB_PARENT_MISSED, NULL, LB_NEEDED_NO },
	{ "the model depends on it", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, FILES, "MM", .depends = "one"), B(COPY_RUN, EDITED_A, "MM", .depends = "two") }, 1, LB_PARENT_MISSED, NULL, LB_NEEDED_YES },

	/* BuildKit: content joins what definitions parted */
	{ "same output", "buildkit", LB_BUILDER_WARM, { B(BUILDER, FILES, "MMMM"), B(BUILDER, EDITED_A, "MMHH") }, 2, LB_REASON_NONE, "", -1 },
	{ "same output, last file", "buildkit", LB_BUILDER_WARM,
	  { B(BUILDER, FILES, "MMMM"), B(BUILDER, EDITED_A, "MMHH"), B(BUILDER, EDITED_B, "HHHM") }, 3, LB_FILES_CHANGED, NULL, LB_NEEDED_YES },
	{ "bind", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", EDITED_B, "H"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", EDITED_A, "M") }, 0, LB_FILES_CHANGED,
	  "{\"path\":\"a.txt\",\"attribute\":\"content\",\"was\":\"ca978112ca1b\",\"now\":\"559aead08264\",\"changed\":1}", LB_NEEDED_YES },
	{ "secret", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=secret,id=s x > /o\n", FILES, "M", .secret = "1"),
	    B("FROM base\nRUN --mount=type=secret,id=s x > /o\n", FILES, "H", .secret = "2") }, 0, LB_REASON_NONE, "", -1 },
	{ "cache id", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=cache,id=i,target=/c x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=cache,id=k,target=/c x > /o\n", FILES, "H") }, 0, LB_REASON_NONE, "", -1 },
	{ "cache id, old", "buildkit@0.8", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=cache,id=i,target=/c x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=cache,id=k,target=/c x > /o\n", FILES, "M") }, 0, LB_INSTRUCTION_CHANGED, NULL, LB_NEEDED_YES },
	{ "order of mounts", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=cache,target=/p --mount=type=cache,target=/q x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=cache,target=/q --mount=type=cache,target=/p x > /o\n", FILES, "H") }, 0, LB_REASON_NONE, "", -1 },
	{ "epoch", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, FILES, "MM", .args = { "SOURCE_DATE_EPOCH", "1" }), B(COPY_RUN, FILES, "MM", .args = { "SOURCE_DATE_EPOCH", "2" }) }, 0,
	  LB_ARG_CHANGED, "{\"argument\":\"SOURCE_DATE_EPOCH\",\"was\":\"1\",\"now\":\"2\"}", LB_NEEDED_YES },
	{ "epoch, old", "buildkit@0.13", LB_BUILDER_WARM,
	  { B(COPY_RUN, FILES, "MM", .args = { "SOURCE_DATE_EPOCH", "1" }), B(COPY_RUN, FILES, "HH", .args = { "SOURCE_DATE_EPOCH", "2" }) }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "spelled", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nWORKDIR /etc\nRUN x\n", FILES, "MM"), B("FROM base\nWORKDIR /etc/\nRUN x\n", FILES, "HM") }, 1, LB_EVICTED, NULL, -1 },
	{ "stages side by side", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base AS s\nCOPY d /d\nFROM base\nCOPY --from=s /d /d\n", FILES, "MM"),
	    B("FROM base AS s\nCOPY d /d\nFROM base\nCOPY --from=s /d /d\n", FILES, "HH") }, 1, LB_REASON_NONE, "", -1 },
	{ "one operation in two stages", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base AS s\nCOPY d /d\nFROM base\nCOPY d /d\nCOPY --from=s /d /e\n", FILES, "MHM") }, 1, LB_REASON_NONE, "", -1 },

	/* BuildKit's builders */
	{ "warm: directory's mode", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", "d 0755 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M"),
	    B("FROM base\nCOPY d /d\n", "d 0700 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "H") }, 0, LB_REASON_NONE, "", -1 },
	{ "fresh: directory's mode", "buildkit", LB_BUILDER_FRESH,
	  { B("FROM base\nCOPY d /d\n", "d 0755 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M"),
	    B("FROM base\nCOPY d /d\n", "d 0700 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M") }, 0, LB_METADATA_CHANGED,
	  "{\"path\":\"d\",\"attribute\":\"mode\",\"was\":\"0755\",\"now\":\"0700\",\"changed\":1}", LB_NEEDED_YES },
	{ "warm: same size and time", "buildkit", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 0:0" AT "a.txt = b\n", "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "fresh: same size and time", "buildkit", LB_BUILDER_FRESH,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 0:0" AT "a.txt = b\n", "MM") }, 0, LB_FILES_CHANGED, NULL,
	  LB_NEEDED_YES },
	{ "fresh: undone", "buildkit", LB_BUILDER_FRESH, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "MM") }, 0,
	  LB_FILES_CHANGED, NULL, LB_NEEDED_YES },
	{ "fresh: a failed build exports nothing", "buildkit", LB_BUILDER_FRESH,
	  { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM", .fails = true), B(COPY_RUN, FILES, "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "fresh: the builder goes back, its output never changed", "buildkit", LB_BUILDER_FRESH,
	  { B(BUILDER, FILES, "MMMM", .blind = true), B(BUILDER, EDITED_A, "MMHH", .blind = true), B(BUILDER, FILES, "HHHH", .blind = true) }, 2,
	  LB_REASON_NONE, "", -1 },
	{ "min: untouched builder", "buildkit", LB_BUILDER_FRESH_MIN,
	  { B(BUILDER, FILES, "MMMM", .blind = true), B(BUILDER, EDITED_B, "HHHM", .blind = true), B(BUILDER, EDITED_B, "HHHH", .blind = true) }, 3,
	  LB_REASON_NONE, "", -1 },
	{ "cold", "buildkit", LB_BUILDER_COLD, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, FILES, "MM") }, 0, LB_EVICTED, "", LB_NEEDED_NO },
	{ "link, warm", "buildkit", LB_BUILDER_WARM,
	  { B("FROM base\nRUN x > /x\nCOPY --link a.txt /a\n", FILES, "MM"), B("FROM base\nRUN x > /x\nCOPY a.txt /a\n", FILES, "HH") }, 1,
	  LB_REASON_NONE, "", -1 },
	{ "link, fresh", "buildkit", LB_BUILDER_FRESH,
	  { B("FROM base\nRUN x > /x\nCOPY --link a.txt /a\n", FILES, "MM"), B("FROM base\nRUN y > /x\nCOPY --link a.txt /a\n", FILES, "MM") }, 1,
	  LB_PARENT_MISSED, NULL, LB_NEEDED_NO },

	/* docker's legacy builder */
	{ "classic: label", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") }, 1, LB_PARENT_MISSED,
	  "{\"inherited_from\":\"0:2\"}", LB_NEEDED_NO },
	{ "classic: label breaks", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") }, 0, LB_INSTRUCTION_CHANGED,
	  "{\"attribute\":\"instruction\",\"was\":\"LABEL a=1\",\"now\":\"LABEL a=2\"}", LB_NEEDED_EMPTY },
	{ "classic: quotes", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nENV A=1\nRUN echo\n", FILES, ".M"), B("FROM base\nENV A=\"1\"\nRUN echo\n", FILES, ".H") }, 1, LB_REASON_NONE, "", -1 },
	{ "classic: moved source", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY p/f /f\n", "f 0644 0:0" AT "p/f = x\n", "M"), B("FROM base\nCOPY q/f /f\n", "f 0644 0:0" AT "q/f = x\n", "M") }, 0,
	  LB_INSTRUCTION_CHANGED, NULL, -1 },
	{ "classic: default of an argument", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\n", FILES, ".M"), B("FROM base\nARG V=2\nCOPY a.txt /a\n", FILES, ".M") }, 0,
	  LB_INSTRUCTION_CHANGED, NULL, LB_NEEDED_EMPTY },
	{ "classic: value of an argument", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\nRUN echo\n", FILES, ".MM"), B("FROM base\nARG V=1\nCOPY a.txt /a\nRUN echo\n", FILES, ".HM", .args = { "V", "2" }) },
	  2, LB_ARG_CHANGED, "{\"argument\":\"V\",\"was\":\"1\",\"now\":\"2\"}", LB_NEEDED_EMPTY },
	{ "classic: directory's mode", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", "d 0755 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M"),
	    B("FROM base\nCOPY d /d\n", "d 0700 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M") }, 0, LB_METADATA_CHANGED, NULL, -1 },
	{ "classic: what a link leads to", "classic", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "e = 1\nl 0777 0:0" AT "d/l -> ../e\n", "M"),
	    B("FROM base\nCOPY d /d\n", "f 0644 0:0" LATER "e = 2\nl 0777 0:0" AT "d/l -> ../e\n", "M") }, 0, LB_EVICTED, NULL, -1 },
	{ "classic: undone", "classic", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "HH") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "classic: stages are chains of their own", "classic", LB_BUILDER_WARM,
	  { B("FROM base AS s\nRUN x > /s\nFROM base AS t\nRUN x > /s\nFROM base\nCOPY --from=s /s /a\n", FILES, "MHM") }, 1, LB_REASON_NONE, "", -1 },
	{ "classic 20.10: spelled", "classic@20.10", LB_BUILDER_WARM,
	  { B("FROM base\nWORKDIR /etc\nRUN x\n", FILES, "MM"), B("FROM base\nWORKDIR /etc/\nRUN x\n", FILES, "MM") }, 1, LB_PARENT_MISSED, NULL, -1 },
	{ "classic 26.1: spelled", "classic@26.1", LB_BUILDER_WARM,
	  { B("FROM base\nWORKDIR /etc\nRUN x\n", FILES, "MM"), B("FROM base\nWORKDIR /etc/\nRUN x\n", FILES, "HH") }, 1, LB_REASON_NONE, "", -1 },

	/* buildah */
	{ "buildah: moved source", "buildah", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY p/f /f\n", "f 0644 0:0" AT "p/f = x\n", "M"), B("FROM base\nCOPY q/g /f\n", "f 0644 0:0" AT "q/g = x\n", "H") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "buildah: name in a directory", "buildah", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY p/f /w/\n", "f 0644 0:0" AT "p/f = x\n", "M"), B("FROM base\nCOPY q/g /w/\n", "f 0644 0:0" AT "q/g = x\n", "M") }, 0,
	  LB_INSTRUCTION_CHANGED, NULL, -1 },
	{ "buildah: owner, old", "buildah@1.39", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 7:7" AT "a.txt = a\n", "MM") }, 0, LB_METADATA_CHANGED,
	  "{\"path\":\"a.txt\",\"attribute\":\"owner\",\"was\":\"0:0\",\"now\":\"7:7\",\"changed\":1}", -1 },
	{ "buildah: owner", "buildah", LB_BUILDER_WARM,
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 7:7" AT "a.txt = a\n", "HH") }, 0, LB_REASON_NONE, "", -1 },
	{ "buildah: quotes", "buildah", LB_BUILDER_WARM,
	  { B("FROM base\nENV A=1\nRUN echo\n", FILES, ".M"), B("FROM base\nENV A=\"1\"\nRUN echo\n", FILES, ".M") }, 0, LB_INSTRUCTION_CHANGED,
	  "{\"attribute\":\"instruction\",\"was\":\"ENV A=1\",\"now\":\"ENV A=\\\"1\\\"\"}", LB_NEEDED_EMPTY },
	{ "buildah: default of an argument", "buildah", LB_BUILDER_WARM,
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\n", FILES, ".M"), B("FROM base\nARG V=2\nCOPY a.txt /a\n", FILES, ".H") }, 1, LB_REASON_NONE, "", -1 },
	{ "buildah: bind, old", "buildah@1.28", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", EDITED_A, "H") }, 0, LB_REASON_NONE, "", -1 },
	{ "buildah: bind touched, 1.39", "buildah@1.39", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" AT "a.txt = a\n", "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" LATER "a.txt = a\n", "M") }, 0, LB_METADATA_CHANGED,
	  "{\"path\":\"a.txt\",\"attribute\":\"time\",\"was\":\"1600000000\",\"now\":\"1600000001\",\"changed\":1}", LB_NEEDED_NO },
	{ "buildah: bind touched", "buildah", LB_BUILDER_WARM,
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" AT "a.txt = a\n", "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" LATER "a.txt = a\n", "H") }, 0, LB_REASON_NONE, "", -1 },

	/* kaniko, from source */
	{ "kaniko: rename in order", "kaniko", LB_BUILDER_WARM,
	  { B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/x = x\n", "M"), B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/z = x\n", "H") }, 0,
	  LB_REASON_NONE, "", -1 },
	{ "kaniko: label", "kaniko", LB_BUILDER_WARM,
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") }, 1, LB_PARENT_MISSED, NULL, -1 },
	{ "kaniko: undone", "kaniko", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "HH") }, 0,
	  LB_REASON_NONE, "", -1 },

	{ "never", "never", LB_BUILDER_WARM, { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, FILES, "MM") }, 0, LB_EVICTED, "", LB_NEEDED_NO },
};

static void check_last(const struct row *r, const struct mini *m)
{
	const struct mini_row *x = &m->rows[r->step];
	if (x->reason != r->reason)
		fail_msg("%s: step %d: reason %s, expected %s", r->name, r->step, lb_reason_name(x->reason), lb_reason_name(r->reason));
	if (r->evidence && strcmp(x->evidence, r->evidence) != 0)
		fail_msg("%s: step %d: evidence %s, expected %s", r->name, r->step, x->evidence, r->evidence);
	if (r->needed >= 0 && x->needed != r->needed)
		fail_msg("%s: step %d: needed %d, expected %d", r->name, r->step, x->needed, r->needed);
}

static void decides_as_the_engines_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct mini *m = mini_new(r->policy, r->builder);
		for (size_t k = 0; k < LB_COUNT(r->builds) && r->builds[k].given.dockerfile; k++) {
			struct lb_node *disk;
			struct lb_err err = { 0 };
			assert_int_equal(lb_tree_parse(r->builds[k].given.context, &disk, &err), 0);
			if (mini_build(m, &r->builds[k].given, disk, &err))
				fail_msg("%s: build %zu: %s", r->name, k, err.text);
			lb_node_unref(disk);
			if (strcmp(m->outcomes, r->builds[k].outcomes) != 0)
				fail_msg("%s: build %zu: %s, expected %s", r->name, k, m->outcomes, r->builds[k].outcomes);
		}
		check_last(r, m);
		mini_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decides_as_the_engines_do) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
