/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue: one row a command, as data. Figures are typical for a laptop with a fast connection; nobody measured
 * them here.
 */
#ifndef HARNESS_CATALOG_TABLE_H
#define HARNESS_CATALOG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a program's arguments are read. Lists are separated by blanks. */
struct catalog_tool {
	const char *names;  /* what may be called */
	const char *valued; /* options whose next word is their value */
	const char *dirs;   /* of these: the directory to work in */
	const char *files;  /* of these: a file that is read, and works where it lies */
};

enum {
	SOURCES = 1,         /* reads all that the stage has copied, and what its RUNs made of that */
	NAMED = 2,           /* with names behind the verb; without it the row is for none */
	NAMES_ARE_FILES = 4, /* names that are files of the project are read */
	COUNTED = 8,         /* a package for each name */
	HOOKS = 16,          /* runs the project's own install scripts, where it has some */
	ITSELF = 32,         /* installs the project too, where it is a package and nothing says otherwise */
	MOVES = 64,          /* copies or rewrites files: how many bytes is not known */
	RECURSES = 128,      /* MOVES only with -R */
	WORLD_ALWAYS = 256,  /* a lock file does not fix what comes from outside */
	OUTPUT = 512,        /* what it writes is where later stages fetch it from, else `path` */
	HOST = 1024,         /* world:HOST of the URL that it is given */
	TEXT_FIRST = 2048,   /* NAMES_ARE_FILES, but for the first word: a mode, an owner, a script */
	INTO_LAST = 4096,    /* NAMES_ARE_FILES, but for the last word: where they go */
};

struct catalog_row {
	const char *name;  /* "npm ci" */
	const char *tool;  /* one of the tool's names */
	const char *verbs; /* "" for none, "*" for any */
	unsigned flags;
	const char *reads;                           /* files that count where they are there */
	const char *needs;                           /* one of these has to be there; NULL: none has to */
	const char *locks;                           /* with one of these the world is fixed */
	const char *below;                           /* the file that says that others of these names below count too, … */
	const char *below_if;                        /* … by holding this text; "" always */
	const char *world;                           /* "world:npm", NULL */
	uint32_t ms, each_ms, warm_ms, warm_each_ms; /* fixed, and for each package; warm: with a filled cache mount */
	uint32_t packages;                           /* where no lock file says how many */
	const char *path;                            /* what it writes: absolute, or below the directory; NULL: nothing to speak of */
	uint32_t files, kib, each_files, each_kib;
	double compresses_to;
	const char *cache; /* written as well, unless an option says no or a cache mount is there */
	uint32_t cache_each_kib;
	const char *system; /* directories of the system whose files it reads, wherever it works */
	const char *then;   /* the word behind the verb is one of these; NULL: any, or none */
};

const struct catalog_tool *catalog_tool_find(const char *name);
/* verb NULL: there is none. named: words follow it that are no options. */
const struct catalog_row *catalog_row_find(const char *tool, const char *verb, bool named);
/* The WORKDIR of a well-known base, which an opaque one does not say; NULL. */
const char *catalog_base_workdir(const char *base);
bool catalog_listed(const char *list, const char *word);
/* How a lock file or a manifest names a package; NULL. */
const char *catalog_package_sign(const char *base);

#endif
