/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"

#include <string.h>

#include "lbench/fs.h"
#include "lbench/run.h"

const char *ledger_note_name(enum ledger_note n)
{
	static const char *const names[LEDGER_NOTES] = { "",       "repository", "secret",    "log",     "installed", "cache",
							 "output", "editor",     "test-data", "archive", "lbench" };
	return names[n];
}

/* What is in contexts by mistake more often than not. top: at the top of the context only. */
static const struct {
	const char *pattern;
	bool dir, top;
	enum ledger_note note;
	const char *ignore;
} rules[] = {
	{ ".git", true, true, LEDGER_REPOSITORY, ".git" },
	{ ".hg", true, true, LEDGER_REPOSITORY, ".hg" },
	{ ".svn", true, true, LEDGER_REPOSITORY, ".svn" },
	{ ".lbench", true, true, LEDGER_OWN, ".lbench" },
	{ "lbench.yaml", false, true, LEDGER_OWN, "lbench.yaml" },
	{ ".env", false, false, LEDGER_SECRET, "**/.env" },
	{ "*.pem", false, false, LEDGER_SECRET, "**/*.pem" },
	{ "id_rsa", false, false, LEDGER_SECRET, "**/id_rsa" },
	{ "id_ed25519", false, false, LEDGER_SECRET, "**/id_ed25519" },
	{ "*.log", false, false, LEDGER_LOG, "**/*.log" },
	{ "logs", true, false, LEDGER_LOG, "**/logs" },
	{ "node_modules", true, false, LEDGER_INSTALLED, "**/node_modules" },
	{ "bower_components", true, false, LEDGER_INSTALLED, "**/bower_components" },
	{ ".venv", true, false, LEDGER_INSTALLED, "**/.venv" },
	{ "venv", true, false, LEDGER_INSTALLED, "**/venv" },
	{ ".tox", true, false, LEDGER_INSTALLED, "**/.tox" },
	{ "__pycache__", true, false, LEDGER_CACHE, "**/__pycache__" },
	{ "*.pyc", false, false, LEDGER_CACHE, "**/*.pyc" },
	{ ".pytest_cache", true, false, LEDGER_CACHE, "**/.pytest_cache" },
	{ ".mypy_cache", true, false, LEDGER_CACHE, "**/.mypy_cache" },
	{ ".ruff_cache", true, false, LEDGER_CACHE, "**/.ruff_cache" },
	{ ".gradle", true, false, LEDGER_CACHE, "**/.gradle" },
	{ ".cache", true, false, LEDGER_CACHE, "**/.cache" },
	{ ".parcel-cache", true, false, LEDGER_CACHE, "**/.parcel-cache" },
	{ "coverage", true, true, LEDGER_OUTPUT, "coverage" },
	{ "htmlcov", true, true, LEDGER_OUTPUT, "htmlcov" },
	{ "dist", true, false, LEDGER_OUTPUT, "**/dist" },
	{ "build", true, true, LEDGER_OUTPUT, "build" },
	{ "out", true, true, LEDGER_OUTPUT, "out" },
	{ "target", true, true, LEDGER_OUTPUT, "target" },
	{ ".next", true, false, LEDGER_OUTPUT, "**/.next" },
	{ ".nuxt", true, false, LEDGER_OUTPUT, "**/.nuxt" },
	{ ".idea", true, false, LEDGER_EDITOR, "**/.idea" },
	{ ".vscode", true, false, LEDGER_EDITOR, "**/.vscode" },
	{ ".DS_Store", false, false, LEDGER_EDITOR, "**/.DS_Store" },
	{ "*.swp", false, false, LEDGER_EDITOR, "**/*.swp" },
	{ "testdata", true, false, LEDGER_TEST_DATA, "**/testdata" },
	{ "test-data", true, false, LEDGER_TEST_DATA, "**/test-data" },
	{ "fixtures", true, false, LEDGER_TEST_DATA, "**/fixtures" },
	{ "*.tar.gz", false, false, LEDGER_ARCHIVE, "**/*.tar.gz" },
	{ "*.tgz", false, false, LEDGER_ARCHIVE, "**/*.tgz" },
	{ "*.zip", false, false, LEDGER_ARCHIVE, "**/*.zip" },
	{ "*.iso", false, false, LEDGER_ARCHIVE, "**/*.iso" },
	{ "*.dump", false, false, LEDGER_ARCHIVE, "**/*.dump" },
	{ "*.sqlite3", false, true, LEDGER_ARCHIVE, "*.sqlite3" },
};

enum ledger_note ledger_classify(const char *path, bool dir, const char **ignore)
{
	const char *base = lb_path_base(path);
	bool top = base == path;
	for (size_t i = 0; i < LB_COUNT(rules); i++) {
		if (rules[i].dir != dir || (rules[i].top && !top) || !lb_text_match(rules[i].pattern, base))
			continue;
		*ignore = rules[i].ignore;
		return rules[i].note;
	}
	return LEDGER_NONE;
}
