/* SPDX-License-Identifier: Apache-2.0
 *
 * A Dockerfile at both depths, in a dialect that the first byte chooses, and what is printed of it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lbench/dockerfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Places lie in the file, and names of the whole are reached from its parts. */
static void check_shape(const struct lb_dockerfile *df)
{
	for (size_t i = 0; i < df->instructions_count; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		assert(in->first_line >= 1 && in->first_line <= in->last_line);
		assert(!i || df->instructions[i - 1].last_line < in->first_line);
		assert(strlen(in->rest) <= strlen(in->original));
		for (size_t k = 0; k < in->args_count; k++) {
			struct lb_pos at = lb_instruction_arg_pos(df, in, k);
			assert(at.line >= in->first_line && at.line <= in->last_line && at.col >= 1);
		}
		for (size_t k = 0; k < in->flags_count; k++)
			assert(in->flags[k].line >= in->first_line && in->flags[k].line <= in->last_line);
		assert(df->syntax_only || in->stage < (int)df->stages_count);
	}
}

static void parse(const char *text, size_t len, bool syntax_only, unsigned dialect)
{
	struct lb_parse_options options = { .syntax_only = syntax_only, .dialect = dialect };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuf struct lb_buf out = { 0 };
	struct lb_err err = { 0 };
	int rc = lb_dockerfile_parse("Dockerfile", text, len, &options, &df, &err);
	if (rc < 0) {
		assert(rc == err.code && strncmp(err.text, "Dockerfile:", 11) == 0);
		return;
	}
	check_shape(df);
	lb_dockerfile_sexp(df, &out);
	lb_dockerfile_json(df, NULL, &out);
}

static void parse_trigger(const char *text, size_t len)
{
	static const char file[] = "FROM a\nONBUILD RUN b\n";
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autofree char *copy = lb_strndup(text, len);
	struct lb_instruction *in;
	struct lb_err err = { 0 };
	if (lb_dockerfile_parse("Dockerfile", file, strlen(file), NULL, &df, &err) == 0)
		(void)lb_dockerfile_parse_trigger(df, copy, &df->instructions[1], &in, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	parse(text, len, true, 0);
	parse(text, len, false, 0);
	if (len) {
		parse(text, len, false, LB_DIALECT_CHMOD | (unsigned)data[0] << 5);
		parse_trigger(text, len);
	}
	return 0;
}
