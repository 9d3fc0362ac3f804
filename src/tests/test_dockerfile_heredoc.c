/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_util.h"

#include "dockerfile/heredoc.h"

/* Instruction number `at` of text, and what its heredocs are: name|fd|expand|chomp|content; */
struct row {
	const char *text;
	size_t at;
	const char *docs;
};

static const struct row rows[] = {
	{ "RUN <<EOF\nEOF", 0, "EOF|0|yes|no|;" },
	{ "RUN 3<<EOF\nEOF", 0, "EOF|3|yes|no|;" },
	{ "RUN 99999999999999999999<<EOF\nEOF", 0, "EOF|4294967295|yes|no|;" },
	{ "RUN <<I\n\tfoo\n\tbar\nI\nRUN x", 0, "I|0|yes|no|\tfoo\n\tbar\n;" },
	{ "RUN <<-U\n\tbaz\n\t\tU2\n\tU", 0, "U|0|yes|yes|\tbaz\n\t\tU2\n;" },
	{ "RUN <<-'N'\n\ta $b\nN", 0, "N|0|no|yes|\ta $b\n;" },
	{ "RUN <<COPY\na\nCOPY", 0, "COPY|0|yes|no|a\n;" },
	{ "RUN <<C\n# c\n\na \\\nb # d\nC", 0, "C|0|yes|no|# c\n\na \\\nb # d\n;" },
	{ "RUN --mount=type=cache,target=/foo <<M\na\nM", 0, "M|0|yes|no|a\n;" },
	{ "COPY <<A <<B /d\n1\nA\n2\nB", 0, "A|0|yes|no|1\n;B|0|yes|no|2\n;" },
	{ "COPY <<X <<Y /d\nY\nX\nX\nY", 0, "X|0|yes|no|Y\n;Y|0|yes|no|X\n;" },
	{ "ADD <<E /q\n\"a\"\n'b'\nE", 0, "E|0|yes|no|\"a\"\n'b'\n;" },
	{ "RUN <<E python3 -\nx\nE", 0, "E|0|yes|no|x\n;" },
	{ "COPY <<file.txt /d\nx\nfile.txt", 0, "file.txt|0|yes|no|x\n;" },
	{ "RUN cat <<E | sh\nE", 0, "E|0|yes|no|;" },
	{ "RUN a \\\n <<E \\\n b\nx\nE", 0, "E|0|yes|no|x\n;" },
	{ "ONBUILD RUN <<E\nx\nE", 0, "E|0|yes|no|x\n;" },
	{ "ONBUILD COPY <<E /\nx\nE", 0, "E|0|yes|no|x\n;" },
	{ "# escape=`\nRUN <<E\\ F\nE F", 0, "E F|0|yes|no|;" },
	/* the word: quotes, escapes, variables */
	{ "RUN <<eo'f'\na\neof", 0, "eof|0|no|no|a\n;" },
	{ "RUN <<eo\\'f\na\neo'f", 0, "eo'f|0|yes|no|a\n;" },
	{ "RUN <<'e'o\\'f\na\neo'f", 0, "eo'f|0|no|no|a\n;" },
	{ "RUN <<'one two'\na\none two", 0, "one two|0|no|no|a\n;" },
	{ "RUN <<\"a\\\"b\\c\"\na\"b\\c", 0, "a\"b\\c|0|no|no|;" },
	{ "RUN <<$EOF\n$EOF", 0, "$EOF|0|yes|no|;" },
	{ "RUN <<${EOF:-x}\n${EOF:-x}", 0, "${EOF:-x}|0|yes|no|;" },
	/* blanks before the word */
	{ "RUN <<  EOF\nEOF", 0, "EOF|0|yes|no|;" },
	{ "RUN <<\t'EOF'  > foo\nEOF", 0, "EOF|0|no|no|;" },
	{ "RUN << -EOF\n-EOF", 0, "-EOF|0|yes|no|;" },
	/* line ends */
	{ "RUN <<E\r\na\r\nE\r\nUSER b", 0, "E|0|yes|no|a\r\n;" },
	{ "RUN <<E\nE \n E\nE", 0, "E|0|yes|no|E \n E\n;" },
	/* none */
	{ "RUN ls", 0, "" },
	{ "RUN \"<<E\"\nE", 0, "" },
	{ "RUN '<<E'\nE", 0, "" },
	{ "RUN \\<<E\nE", 0, "" },
	{ "RUN <<<E\nE", 0, "" },
	{ "RUN a<<E\nE", 0, "" },
	{ "RUN <<\nE", 0, "" },
	{ "RUN <<-\nE", 0, "" },
	{ "RUN <<''\nE", 0, "" },
	{ "RUN <<- E\nE", 0, "" },
	{ "RUN <E\nE", 0, "" },
	{ "RUN <<E<F\nE", 0, "" },
	{ "RUN [\"a\", \"<<E\"]\nE", 0, "" },
	{ "COPY [\"<<E\", \"/d\"]\nE", 0, "" },
	{ "USER <<E\nE", 0, "" },
	{ "CMD <<E\nE", 0, "" },
	{ "ENV a <<E\nE", 0, "" },
	{ "FOO <<E\nE", 0, "" },
	{ "ONBUILD USER <<E\nE", 0, "" },
	{ "ONBUILD ONBUILD RUN <<E\nE", 0, "" },
	{ "ONBUILD RUN [\"<<E\"]\nE", 0, "" },
	/* a line that cannot be lexed has none */
	{ "RUN it's <<E\nE", 0, "" },
	{ "RUN \"a <<E\nE", 0, "" },
	{ "RUN ${a <<E\nE", 0, "" },
	{ "RUN ${a^^} <<E\nE", 0, "" },
	{ "RUN ${!a} <<E\nE", 0, "" },
	{ "RUN ${} <<E\nE", 0, "" },
	{ "RUN ${a/b} <<E\nE", 0, "" },
	{ "RUN ${a:-\"b} <<E\nE", 0, "" },
	/* one that can */
	{ "RUN ${a/b/c} ${a//\\//x} ${a#b} ${a%%\"}\"} ${a:?b} $1x $@ ${1} ${a:=b} $ <<E\nE", 0, "E|0|yes|no|;" },
	{ "RUN \"$a ${b} \\\" \\x\" '\\' \\\" <<E\nE", 0, "E|0|yes|no|;" },
	{ "RUN ${a:-b c} <<E\nE", 0, "E|0|yes|no|;" },
	{ "RUN ${a:-<<Q }\n}", 0, "" },
	{ "RUN ${a:-x <<Q}\nQ}", 0, "Q}|0|yes|no|;" },
	/* what follows is no part of it */
	{ "RUN <<E\na\nE\nUSER <<E", 1, "" },
};

static void check_row(const struct row *row)
{
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(row->text);
	lb_autobuf struct lb_buf got = { 0 };
	const struct lb_instruction *in = &df->instructions[row->at];
	for (size_t i = 0; i < in->heredocs_count; i++) {
		const struct lb_heredoc *doc = &in->heredocs[i];
		lb_buf_addf(&got, "%s|%u|%s|%s|%s;", doc->name, doc->fd, doc->expand ? "yes" : "no", doc->chomp ? "yes" : "no",
			    doc->content);
		assert_int_equal(strlen(doc->content), doc->content_len);
	}
	if (strcmp(lb_buf_str(&got), row->docs) != 0)
		fail_msg("%s\n---\n%s\n--- meant\n%s", row->text, lb_buf_str(&got), row->docs);
	if (in->trigger)
		assert_int_equal(in->trigger->heredocs_count, in->heredocs_count);
}

static void heredocs_of_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_row(&rows[i]);
}

static void a_single_word(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		int is;
	} words[] = {
		{ "<<EOF", 1 },
		{ "<<'EOF'", 1 },
		{ "<<\"EOF\"", 1 },
		{ "<<-EOF", 1 },
		{ "<<-'EOF'", 1 },
		{ "<<EO\"F\"", 1 },
		{ "<< EOF", 1 },
		{ "<<- EOF", 1 },
		{ "12<<EOF", 1 },
		{ "<<'EOF", LB_INVALID },
		{ "<<\"EOF", LB_INVALID },
		{ "<<EOF'", LB_INVALID },
		{ "<<EOF\"", LB_INVALID },
		{ "", 0 },
		{ "EOF", 0 },
		{ "<<", 0 },
		{ "<<-", 0 },
		{ "<EOF", 0 },
		{ "<<<EOF", 0 },
		{ "<<EOF sh", 0 },
		{ "x<<EOF", 0 },
		{ "<<EOF\\", 1 },
	};
	for (size_t i = 0; i < LB_COUNT(words); i++) {
		__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
		struct lb_heredoc doc;
		struct lb_err err = { 0 };
		assert_int_equal(lb_heredoc_word(&arena, words[i].word, strlen(words[i].word), &doc, &err), words[i].is);
		if (words[i].is == 1)
			assert_string_equal(doc.name, "EOF");
	}
}

static void older_engines_read_text(void **state)
{
	(void)state;
	unsigned older = LB_DIALECT_ALL & ~(unsigned)LB_DIALECT_HEREDOC;
	static const struct refusal refused[] = {
		{ "FROM a\nRUN <<E\nls x\nE", 3, 1, "unknown instruction ls" },
		{ "FROM a\nRUN cat <<E", 0, 0, "" },
		{ "FROM a\nCOPY a <<E", 0, 0, "" },
	};
	for (size_t i = 0; i < LB_COUNT(refused); i++)
		check_refusal(&refused[i], false, older, LB_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heredocs_of_a_line),
		cmocka_unit_test(a_single_word),
		cmocka_unit_test(older_engines_read_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
