/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <string.h>
#include <strings.h>

#include "lbench/fs.h"

const char *init_class_name(enum init_class c)
{
	static const char *const names[] = { "source", "tests", "dependencies", "lock", "docs", "ci", "dockerfile", "other" };
	return names[c];
}

/* Patterns over the name, or over the whole path where they have a '/'. The first that fits decides. */
static const struct {
	enum init_class kind;
	const char *patterns;
} rules[] = {
	{ INIT_CLASSES, "lbench.yaml .lbench/*" },
	{ INIT_LOCK,
	  "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb poetry.lock uv.lock pdm.lock Pipfile.lock "
	  "go.sum go.work.sum Cargo.lock composer.lock Gemfile.lock mix.lock pubspec.lock packages.lock.json gradle.lockfile "
	  "flake.lock *.lock" },
	{ INIT_DEPENDENCIES,
	  "package.json requirements*.txt constraints*.txt requirements*.in requirements/*.txt pyproject.toml Pipfile setup.py "
	  "setup.cfg go.mod go.work Cargo.toml composer.json Gemfile *.gemspec pom.xml build.gradle build.gradle.kts "
	  "settings.gradle settings.gradle.kts gradle.properties libs.versions.toml CMakeLists.txt conanfile.txt conanfile.py "
	  "vcpkg.json mix.exs pubspec.yaml *.csproj *.fsproj Directory.Packages.props pnpm-workspace.yaml environment.yml" },
	{ INIT_DOCKERFILE, "Dockerfile Dockerfile.* *.Dockerfile *.dockerfile Containerfile .dockerignore *.dockerignore" },
	{ INIT_CI, ".github/* .gitlab/* .gitlab-ci.yml .circleci/* .travis.yml Jenkinsfile azure-pipelines*.yml .buildkite/* .drone.yml "
		   ".woodpecker* appveyor.yml cloudbuild.yaml .pre-commit-config.yaml renovate.json dependabot.yml codecov.yml" },
	{ INIT_TESTS, "test/* tests/* spec/* e2e/* */test/* */tests/* */spec/* */__tests__/* __tests__/* */e2e/* */testdata/* testdata/* "
		      "test_*.py *_test.py *_test.go *.test.* *.spec.* *_spec.rb *Test.java *Tests.java *Test.php *Test.kt conftest.py" },
	{ INIT_DOCS,
	  "docs/* doc/* *.md *.rst *.adoc LICENSE* LICENCE* CHANGELOG* CHANGES* AUTHORS* CONTRIBUTING* NOTICE* README* CODEOWNERS" },
	{ INIT_SOURCE,
	  "*.py *.pyi *.pyx *.js *.mjs *.cjs *.jsx *.ts *.tsx *.mts *.vue *.svelte *.go *.rs *.c *.h *.cc *.hh *.cpp *.hpp *.cxx "
	  "*.java *.kt *.kts *.scala *.groovy *.rb *.php *.cs *.fs *.ex *.exs *.erl *.swift *.m *.lua *.pl *.pm *.r *.jl *.hs "
	  "*.clj *.dart *.zig *.nim *.sh *.sql *.html *.htm *.css *.scss *.sass *.less *.proto *.graphql *.tmpl *.tpl *.j2 *.erb "
	  "*.twig *.blade.php *.hbs *.ejs *.cmake Makefile" },
};

static bool fits(const char *patterns, const char *path)
{
	const char *base = lb_path_base(path);
	for (const char *p = patterns; *p;) {
		size_t n = strcspn(p, " ");
		lb_autofree char *pattern = lb_strndup(p, n);
		if (lb_text_match(pattern, strchr(pattern, '/') ? path : base))
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

enum init_class init_classify(const char *path)
{
	for (size_t i = 0; i < LB_COUNT(rules); i++)
		if (fits(rules[i].patterns, path))
			return rules[i].kind;
	return INIT_OTHER;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcasecmp(text + n - m, end) == 0;
}

bool init_is_dockerfile(const char *base)
{
	static const char *const others[] = { ".dockerignore", "~",    ".bak",      ".orig", ".rej", ".swp", ".j2",
					      ".tmpl",         ".tpl", ".template", ".erb",  ".in",  ".md",  ".mustache" };
	for (size_t i = 0; i < LB_COUNT(others); i++)
		if (ends_with(base, others[i]))
			return false;
	return strcmp(base, "Dockerfile") == 0 || strcmp(base, "Containerfile") == 0 || strncmp(base, "Dockerfile.", 11) == 0 ||
	       strncmp(base, "Containerfile.", 14) == 0 || (ends_with(base, ".dockerfile") && strlen(base) > 11);
}
