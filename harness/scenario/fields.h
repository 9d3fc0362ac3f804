/* SPDX-License-Identifier: Apache-2.0
 *
 * From YAML nodes to C values. A mapping is read by one table: a key, the kind of its value, the place it goes
 * to. What the table does not list is an error that names the nearest key. All messages begin with
 * FILE:LINE:COL and are LB_INVALID.
 */
#ifndef LBENCH_SCENARIO_FIELDS_H
#define LBENCH_SCENARIO_FIELDS_H

#include <stdint.h>

#include "lbench/stage.h"
#include "scenario/scenario.h"
#include "scenario/yaml.h"

/* What loading needs everywhere. */
struct scn_loader {
	struct scenario *s;
	struct lb_arena *arena; /* the scenario's */
	const struct scn_load_options *options;
	char *file_dir;          /* where relative names in the file start: as given, "" for here */
	const char *context_dir; /* where the context lies on disk; NULL: in git */
	struct scn_yaml *root;
	struct lb_sha256 sum; /* of what was read, for the scenario's digest */
	struct lb_err *err;
};

enum scn_type {
	SCN_TEXT,     /* char *; any scalar but nothing */
	SCN_NAME,     /* char *; a text that is not empty, without white space or '/' */
	SCN_PATH,     /* char *; a text that is not empty */
	SCN_BOOL,     /* bool */
	SCN_UINT,     /* uint64_t */
	SCN_WEIGHT,   /* double, 0 or more */
	SCN_FRACTION, /* double, above 0 and at most 1 */
	SCN_SIZE,     /* uint64_t, bytes; needs a unit */
	SCN_DURATION, /* uint64_t, ns; needs a unit */
	SCN_PAIRS,    /* struct lb_pairs; a mapping of texts, or a list of NAME=VALUE */
	SCN_STRINGS,  /* char **, its count right behind it (struct scn_strings); a list of texts or one text */
	SCN_CALL,     /* read() does it */
	SCN_LATER,    /* known, but read by the caller at another time */
};
struct scn_strings {
	char **items;
	size_t count;
};

struct scn_field {
	const char *key;
	enum scn_type type;
	size_t at;  /* offset of the value in out */
	size_t has; /* offset of a bool that says it was given; 0: none (offset 0 holds no such bool) */
	bool required;
	int (*read)(struct scn_loader *l, const struct scn_yaml *value, void *out);
};

/* what names the mapping in messages ("an edit"). */
int scn_fields_read(struct scn_loader *l, const struct scn_yaml *map, const char *what, const struct scn_field *fields, size_t count,
		    void *out);
#define SCN_FIELDS_READ(l, map, what, fields, out) scn_fields_read(l, map, what, fields, LB_COUNT(fields), out)

int scn_value_read(struct scn_loader *l, const struct scn_yaml *value, enum scn_type type, const char *key, void *out);
int scn_text_at(struct scn_loader *l, const struct scn_yaml *value, const char *key, char **out);
int scn_strings_at(struct scn_loader *l, const struct scn_yaml *value, const char *key, char ***items, size_t *count);
int scn_expect_kind(struct scn_loader *l, const struct scn_yaml *value, enum scn_yaml_kind kind, const char *key);
/* The one of names that is nearest to word, NULL when none is near. */
const char *scn_nearest(const char *word, const char *const *names, size_t count);

/* "52MiB", "1.5GB", "64m" -> bytes; "1m30s", "21.4s", "90ms" -> ns. false: not such a text. */
bool scn_size_parse(const char *text, uint64_t *out);
bool scn_duration_parse(const char *text, uint64_t *out);
/* "1000:1000" or "1000"; false for anything else. */
bool scn_owner_parse(const char *text, uint32_t *uid, uint32_t *gid);
/* "0644", "755": octal, at most 07777. */
bool scn_mode_parse(const char *text, uint32_t *out);

#endif
