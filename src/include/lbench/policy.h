/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache policies: whose rules decide. A policy is one engine and version. What it decides on, and what it says, is in
 * decision.h; a builder with its cache in cache.h.
 */
#ifndef LBENCH_POLICY_H
#define LBENCH_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/err.h"

enum lb_origin { LB_OBSERVED, LB_FROM_SOURCE };

/* How the engine forms a layer, as data. */
struct lb_shape {
	bool run_empty_layer;      /* a RUN that changes nothing makes a layer all the same */
	bool run_touches_etc;      /* a RUN's layer carries the entry of /etc */
	bool workdir_layer;        /* WORKDIR makes a layer of its own */
	bool workdir_empty_layer;  /* … also when the directory exists */
	bool copy_lists_parents;   /* a COPY's layer lists the directories that lead to what it made */
	bool copy_replaces_link;   /* a link at the destination is replaced, not followed */
	bool volume_drops_changes; /* what a RUN writes below a VOLUME is dropped */
	bool unneeded_stages;      /* stages that the target does not need are built too */
	bool wildcard_must_match;  /* a wildcard that matches nothing is refused */
	bool many_sources_need_slash; /* several sources need a destination with '/' at its end */
	bool archive_by_content;   /* build unpacks an ADD's archive before the lookup (lb_source.unpacked) */
	bool bind_sees_ignored;    /* a bind of the context shows what .dockerignore leaves out */
	bool unknown_owner_is_root; /* a --chown name that a known /etc/passwd or group has not: 0; else the step fails */
	bool resolves_first;       /* whatever in a needed stage cannot be resolved is refused before anything runs; else the step
	                              that needs it fails */
	bool stage_names_unique;   /* a second stage of a name is refused, at its FROM's stage before anything of it runs */
	bool workdir_owned_by_user; /* a directory that WORKDIR makes belongs to USER; else to root */
	bool drops_unchanged;      /* a file that a COPY writes exactly as it was, times too, is not in the layer */
	bool link_is_plain;        /* COPY --link is a COPY: what lies at the destination counts */
	bool parents_to_root;      /* directories that a COPY makes on the way belong to root; else to --chown's owner */
	bool parents_by_chmod;     /* and have --chmod's mode, as the copied directory itself has; else both are 0755 */
	bool context_drops_setid;  /* a COPY from the context loses set-id bits of files */
	bool chown_drops_setid;    /* --chown does */
	enum { LB_MOUNT_DIRS_NONE, LB_MOUNT_DIRS_PARENTS, LB_MOUNT_DIRS_ALL } mount_dirs; /* of the directories that are made for
	                              a RUN's mounts, which stay in its layer */
	bool mount_touches_parent; /* the directory in which one was made is listed */
	bool mount_removes_target; /* a mount's target is gone behind the RUN, also when it was there before */
	bool etc_once;             /* run_touches_etc: only the first RUN on a base does */
	bool link_alone;           /* a new hard link to a lower file is in the layer by itself, as a file; else with that
	                              file, as a link to it */
	bool changed_dirs_only;    /* a RUN's layer lists a directory of a lower layer only when the directory itself changed
	                              (mode, owner, time), or when something right in it was added or changed; else all that
	                              lead to a change */
	bool args_inherited;       /* a stage that begins on another has its ARGs too; else only its configuration */
	bool copy_looks_at_root;   /* what the destination of a COPY or ADD is counts: lb_inputs.root is given where it is known */
	bool epoch_in_config;      /* SOURCE_DATE_EPOCH is the time of the image and its history (BuildKit's build-repro.md, 0.11) */
	bool epoch_in_files;       /* … and of what COPY, ADD and WORKDIR make */
	uint32_t whiteout_mode;    /* of whiteout entries: 0600 or 0 */
};

enum lb_builder_kind { LB_BUILDER_WARM, LB_BUILDER_FRESH, LB_BUILDER_FRESH_MIN, LB_BUILDER_COLD };
const char *lb_builder_name(enum lb_builder_kind k);
int lb_builder_parse(const char *name, enum lb_builder_kind *out, struct lb_err *err);

struct lb_policy_ops;
struct lb_policy {
	const char *engine;        /* "buildkit" */
	const char *version;       /* "0.25"; "" for `never` */
	const char *name;          /* "buildkit@0.25" */
	enum lb_origin origin;
	unsigned dialect;          /* enum lb_dialect */
	unsigned builders;         /* bit (1 << enum lb_builder_kind) for each that it knows */
	struct lb_shape shape;
	const struct lb_policy_ops *ops; /* policy/'s own */
	const void *rules;         /* version data, the engine's own */
};
/* How its layers look on a builder of that kind: fresh and cold BuildKit builders stand on another store than the
 * warm one that was observed. */
struct lb_shape lb_policy_shape(const struct lb_policy *p, enum lb_builder_kind kind);
/* "buildkit" (the newest observed version), "buildkit@0.13". LB_NOT_FOUND names what there is. */
int lb_policy_find(const char *name, const struct lb_policy **out, struct lb_err *err);
/* All of them, engine by engine (the default one first), oldest version first; `newest` only the bare names' versions. */
size_t lb_policy_list(bool newest, const struct lb_policy **out, size_t cap);

/* ---- how it names what became of a step ---- */

enum lb_outcome { LB_HIT, LB_MISS, LB_META, LB_SKIPPED, LB_UNKNOWN, LB_ERROR, LB_UNREACHED };
const char *lb_outcome_name(enum lb_outcome o); /* hit miss meta skipped unknown error unreached */

enum lb_reason {
	LB_REASON_NONE, LB_FIRST_BUILD, LB_INSTRUCTION_CHANGED, LB_FILES_CHANGED, LB_METADATA_CHANGED, LB_ARG_CHANGED,
	LB_BASE_CHANGED, LB_NO_CACHE, LB_EVICTED, LB_PARENT_MISSED,
};
const char *lb_reason_name(enum lb_reason r); /* "" first-build instruction-changed … */

#endif
