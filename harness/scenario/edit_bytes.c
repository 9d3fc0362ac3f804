/* SPDX-License-Identifier: Apache-2.0
 *
 * `edit`: a change that is valid in a file of its type. Most text formats have comments, so most changes are one
 * more comment line at the end; what has none gets white space that its readers skip, or one more line of prose.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lbench/fs.h"
#include "scenario/state.h"

enum style {
	LINE,     /* a comment line: open TEXT close */
	BLANKS,   /* blanks at the end, which JSON and its like skip */
	NEWLINES, /* empty lines at the end */
	PROSE,    /* a line of text */
	REPEAT,   /* the last line once more: a table's rows have no comments */
	PHP,
	BYTES,
};
struct how {
	enum style style;
	const char *open, *close;
};
struct rule {
	struct how how;
	const char *names; /* ".ext", a whole name, or with '*' at its end the beginning of one */
};

static const struct rule rules[] = {
	{ { BLANKS, "", "" },
	  "package-lock.json composer.lock Pipfile.lock .json .jsonc .geojson .map .webmanifest .ipynb .babelrc .eslintrc" },
	{ { NEWLINES, "", "" }, "go.sum Gemfile.lock" },
	{ { LINE, "# ", "" },
	  ".py .pyi .pyx .sh .bash .zsh .rb .pl .pm .r .tcl .awk .yaml .yml .toml .conf .properties .env .mk .cmake .nix .ex .exs "
	  ".tf .hcl .graphql .gql .po .jl .cr .coffee .ps1 .mako .service Dockerfile* Containerfile* Makefile* GNUmakefile "
	  "CMakeLists.txt requirements* constraints* Gemfile Rakefile Vagrantfile Pipfile Procfile .gitignore .dockerignore "
	  ".gitattributes .editorconfig .npmrc .bashrc .profile poetry.lock uv.lock Cargo.lock yarn.lock mix.lock pdm.lock" },
	{ { LINE, "// ", "" }, ".go .rs .kt .kts .swift .scala .cs .dart .groovy .gradle .proto .zig .sol .mod .v .sv" },
	{ { LINE, "/* ", " */" },
	  ".c .h .cc .hh .cpp .hpp .cxx .hxx .m .mm .java .js .mjs .cjs .jsx .ts .tsx .mts .cts .css .scss .sass .less .styl" },
	{ { LINE, "<!-- ", " -->" },
	  ".html .htm .xhtml .xml .svg .xsd .xsl .pom .csproj .fsproj .vbproj .props .targets .config .md .markdown .mdx .vue "
	  ".svelte .plist" },
	{ { LINE, "-- ", "" }, ".sql .lua .hs .elm .ada .adb .ads" },
	{ { LINE, "; ", "" }, ".ini .cfg .lisp .el .clj .cljs .scm .asm" },
	{ { LINE, "% ", "" }, ".tex .erl .hrl .bib" },
	{ { LINE, "REM ", "" }, ".bat .cmd" },
	{ { LINE, "\n.. ", "" }, ".rst" },
	{ { PHP, "", "" }, ".php" },
	{ { REPEAT, "", "" }, ".csv .tsv" },
	{ { PROSE, "", "" }, ".txt .log .text .adoc LICENSE* NOTICE* AUTHORS* CHANGELOG* README* COPYING*" },
};

static bool name_matches(const char *word, size_t len, const char *base)
{
	size_t n = strlen(base);
	if (word[len - 1] == '*')
		return n >= len - 1 && strncmp(word, base, len - 1) == 0;
	if (n == len && strncasecmp(word, base, len) == 0)
		return true;
	return *word == '.' && n > len && strncasecmp(word, base + n - len, len) == 0;
}

static bool is_binary(const struct lb_buf *b)
{
	return b->len && memchr(b->data, '\0', b->len < 8192 ? b->len : 8192);
}

/* Whole names count before endings (requirements.txt is no prose), prose after them (README.md is Markdown). */
static int rank_of(const struct rule *rule, const char *word, const char *base, size_t len)
{
	if (*word == '.' && strlen(base) != len)
		return 1;
	return rule->how.style == PROSE ? 2 : 0;
}

static struct how find_how(const char *path, const struct lb_buf *old)
{
	const char *base = lb_path_base(path);
	if (is_binary(old))
		return (struct how){ BYTES, "", "" };
	for (int rank = 0; rank < 3; rank++) {
		for (size_t i = 0; i < LB_COUNT(rules); i++) {
			for (const char *w = rules[i].names; *w; w += strspn(w, " ")) {
				size_t len = strcspn(w, " ");
				if (rank_of(&rules[i], w, base, len) == rank && name_matches(w, len, base))
					return rules[i].how;
				w += len;
			}
		}
	}
	if (old->len > 2 && memcmp(old->data, "#!", 2) == 0)
		return (struct how){ LINE, "# ", "" };
	const char *p = lb_buf_str((struct lb_buf *)old);
	p += strspn(p, " \t\r\n");
	return (struct how){ *p == '{' || *p == '[' ? BLANKS : PROSE, "", "" };
}

/* ---- making the change ---- */

static const char *line_end(const struct lb_buf *old)
{
	const char *nl = old->len ? memchr(old->data, '\n', old->len) : NULL;
	return nl && nl > old->data && nl[-1] == '\r' ? "\r\n" : "\n";
}

static void end_line(struct lb_buf *out, const char *eol)
{
	if (out->len && out->data[out->len - 1] != '\n')
		lb_buf_adds(out, eol);
}

/* A comment has to stand inside of the program text, which the end of a file may be outside of. */
static void edit_php(const struct lb_buf *old, const char *token, struct lb_buf *out)
{
	const char *tag = old->len ? memmem(old->data, old->len, "<?php", 5) : NULL;
	if (!tag) {
		lb_buf_add(out, old->data, old->len);
		end_line(out, line_end(old));
		lb_buf_addf(out, "<!-- edit %s -->%s", token, line_end(old));
		return;
	}
	size_t head = (size_t)(tag - old->data) + 5;
	lb_buf_add(out, old->data, head);
	lb_buf_addf(out, " /* edit %s */", token);
	lb_buf_add(out, old->data + head, old->len - head);
}

static void repeat_last_line(const struct lb_buf *old, struct lb_buf *out)
{
	size_t end = old->len, start;
	if (end && old->data[end - 1] == '\n')
		end--;
	for (start = end; start && old->data[start - 1] != '\n';)
		start--;
	end_line(out, line_end(old));
	lb_buf_add(out, old->data + start, end - start);
	lb_buf_addc(out, '\n');
}

/* Four bits of the token a blank: what is invisible is new each time all the same. */
static void add_blanks(const char *token, struct lb_buf *out)
{
	for (const char *t = token; *t; t++) {
		unsigned v = isdigit((unsigned char)*t) ? (unsigned)(*t - '0') : (unsigned)(*t - 'a' + 10);
		for (int bit = 0; bit < 4; bit++)
			lb_buf_addc(out, v >> bit & 1 ? '\t' : ' ');
	}
	lb_buf_addc(out, '\n');
}

void scn_edit_bytes(const char *path, const struct lb_buf *old, const char *token, struct lb_buf *out)
{
	struct how how = find_how(path, old);
	const char *eol = line_end(old);
	if (how.style == PHP) {
		edit_php(old, token, out);
		return;
	}
	lb_buf_add(out, old->data, old->len);
	switch (how.style) {
	case BYTES:
		lb_buf_adds(out, token);
		break;
	case BLANKS:
		add_blanks(token, out);
		break;
	case NEWLINES:
		end_line(out, eol);
		for (int n = 1 + token[0] % 7; n > 0; n--)
			lb_buf_adds(out, eol);
		break;
	case REPEAT:
		repeat_last_line(old, out);
		break;
	default:
		end_line(out, eol);
		lb_buf_addf(out, "%sedit %s%s%s", how.open, token, how.close, eol);
	}
}
