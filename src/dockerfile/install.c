/* SPDX-License-Identifier: Apache-2.0
 *
 * A RUN's text is cut into commands at ; & | ( ) and newlines, and commands into words at blanks; quotes are
 * only dropped. That reads what people write; what it misreads costs a warning, never a build.
 */
#include "dockerfile/install.h"

#include <ctype.h>
#include <string.h>

#include "lbench/mem.h"

static const struct lb_installer installers[] = {
	{ "npm", "install ci i add", "/root/.npm", "package.json and package-lock.json" },
	{ "yarn", "install add", "/usr/local/share/.cache/yarn", "package.json and yarn.lock" },
	{ "pnpm", "install i add fetch", "/root/.local/share/pnpm/store", "package.json and pnpm-lock.yaml" },
	{ "bun", "install add", "/root/.bun/install/cache", "package.json and bun.lock" },
	{ "pip", "install download wheel", "/root/.cache/pip", "requirements.txt" },
	{ "uv", "sync pip", "/root/.cache/uv", "pyproject.toml and uv.lock" },
	{ "poetry", "install", "/root/.cache/pypoetry", "pyproject.toml and poetry.lock" },
	{ "pipenv", "install sync", "/root/.cache/pipenv", "Pipfile and Pipfile.lock" },
	{ "bundle", "install", "/usr/local/bundle/cache", "Gemfile and Gemfile.lock" },
	{ "composer", "install update require", "/root/.composer/cache", "composer.json and composer.lock" },
	{ "cargo", "build fetch install", "/usr/local/cargo/registry", "Cargo.toml and Cargo.lock" },
	{ "go", "mod build install get", "/go/pkg/mod", "go.mod and go.sum" },
	{ "mvn", "package install verify compile dependency:go-offline dependency:resolve", "/root/.m2", "pom.xml" },
	{ "gradle", "build assemble dependencies bootJar", "/root/.gradle", "build.gradle and settings.gradle" },
	{ "dotnet", "restore build publish", "/root/.nuget/packages", "the project files" },
	{ "mix", "deps.get", "/root/.hex", "mix.exs and mix.lock" },
	{ "apt-get", "install", "/var/cache/apt", NULL },
	{ "apt", "install", "/var/cache/apt", NULL },
	{ "apk", "add", "/var/cache/apk", NULL },
	{ "dnf", "install", "/var/cache/dnf", NULL },
	{ "microdnf", "install", "/var/cache/dnf", NULL },
	{ "yum", "install", "/var/cache/yum", NULL },
	{ "zypper", "install in", "/var/cache/zypp", NULL },
};

struct word {
	const char *text;
	size_t len;
	bool starts; /* the first word of a command */
};

static bool ends_command(char c)
{
	return c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '\n' || c == '{' || c == '}';
}

static bool next_word(const char **at, struct word *w)
{
	const char *p = *at;
	bool starts = w->text == NULL;
	for (; *p && (isspace((unsigned char)*p) || ends_command(*p) || *p == '"' || *p == '\''); p++)
		starts |= ends_command(*p);
	*w = (struct word){ p, 0, starts };
	while (p[w->len] && !isspace((unsigned char)p[w->len]) && !ends_command(p[w->len]) && p[w->len] != '"' && p[w->len] != '\'')
		w->len++;
	*at = p + w->len;
	return w->len > 0;
}

static bool is_listed(const char *list, const char *text, size_t len)
{
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ");
		if (n == len && memcmp(p, text, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

/* Words that may stand before a command's name, and do not change which it is. */
static bool is_prefix(const struct word *w)
{
	return is_listed("sudo exec time env then do else if while ! set", w->text, w->len) || memchr(w->text, '=', w->len) ||
	       *w->text == '-';
}

/* "python3 -m pip" and "pip3" are pip; a path before the name does not matter. */
static void tool_name(struct word *w)
{
	const char *slash = memrchr(w->text, '/', w->len);
	if (slash) {
		w->len -= (size_t)(slash + 1 - w->text);
		w->text = slash + 1;
	}
	if (w->len == 4 && memcmp(w->text, "pip3", 4) == 0)
		w->len = 3;
	if (w->len == 4 && memcmp(w->text, "mvnw", 4) == 0)
		w->len = 3;
	if (w->len == 7 && memcmp(w->text, "gradlew", 7) == 0)
		w->len = 6;
}

static bool is_python(const struct word *w)
{
	return w->len >= 6 && memcmp(w->text, "python", 6) == 0;
}

/* Reads on to the next command: its name, and its first word that is no flag (len 0: none). */
static bool next_command(const char **at, struct word *w, struct word *tool, struct word *verb)
{
	do {
		if (!next_word(at, w))
			return false;
	} while (!w->starts);
	while (is_prefix(w)) {
		if (!next_word(at, w))
			return false;
	}
	bool python = is_python(w);
	*tool = *w;
	tool_name(tool);
	*verb = (struct word){ w->text, 0, false };
	const char *ahead = *at;
	struct word look = *w;
	while (next_word(&ahead, &look) && !look.starts) {
		if (*look.text == '-')
			continue;
		if (python && is_listed("pip pip3", look.text, look.len)) {
			*tool = look;
			tool_name(tool);
			python = false;
			continue;
		}
		*verb = look;
		break;
	}
	return true;
}

const struct lb_installer *lb_install_find(const char *text)
{
	struct word w = { 0 }, tool, verb;
	while (next_command(&text, &w, &tool, &verb))
		for (size_t i = 0; i < LB_COUNT(installers); i++) {
			const struct lb_installer *in = &installers[i];
			if (is_listed(in->tool, tool.text, tool.len) && verb.len > 0 && is_listed(in->verbs, verb.text, verb.len))
				return in;
		}
	return NULL;
}

bool lb_install_calls(const char *text, const char *tools, const char *verbs)
{
	struct word w = { 0 }, tool, verb;
	while (next_command(&text, &w, &tool, &verb))
		if (is_listed(tools, tool.text, tool.len) && verb.len > 0 && is_listed(verbs, verb.text, verb.len))
			return true;
	return false;
}
