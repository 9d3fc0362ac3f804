/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies, engine by engine, oldest version first. What differs between two versions stands here as data,
 * beside the version that brought it.
 */
#include "lbench/policy.h"

#include "lbench/dockerfile.h"
#include "lbench/mem.h"
#include "policy/buildah.h"
#include "policy/buildkit.h"
#include "policy/classic.h"

enum {
	WARM = 1 << LB_BUILDER_WARM,
	COLD = 1 << LB_BUILDER_COLD,
	FRESH = 1 << LB_BUILDER_FRESH | 1 << LB_BUILDER_FRESH_MIN,
	/* none of the extensions */
	DIALECT_CLASSIC = LB_DIALECT_EARLIER_ONLY,
	DIALECT_BUILDAH_128 = LB_DIALECT_MOUNT | LB_DIALECT_CHMOD | LB_DIALECT_PLATFORM_ARGS | LB_DIALECT_LINK | LB_DIALECT_PARENTS |
			      LB_DIALECT_LATE_RULES | LB_DIALECT_LOOSE_NAMES | LB_DIALECT_EARLIER_ONLY | LB_DIALECT_SHARED_NAMES |
			      LB_DIALECT_EXACT_NAMES,
	/* --link and --parents are read by all, and refused where a step uses them (buildah.c) */
	DIALECT_BUILDAH_139 = DIALECT_BUILDAH_128 | LB_DIALECT_RUN_FLAGS | LB_DIALECT_HEREDOC | LB_DIALECT_EXCLUDE | LB_DIALECT_ADD_FLAGS |
			      LB_DIALECT_MODIFIERS,
	DIALECT_KANIKO = LB_DIALECT_CHMOD | LB_DIALECT_HEREDOC | LB_DIALECT_PLATFORM_ARGS,
	/* docker 20.10's front end is built in: heredocs, --link, --parents came with later syntax images */
	DIALECT_BUILDKIT_08 = LB_DIALECT_MOUNT | LB_DIALECT_RUN_FLAGS | LB_DIALECT_CHMOD | LB_DIALECT_OWN_IGNORE | LB_DIALECT_PLATFORM_ARGS,
	DIALECT_BUILDKIT_013 =
		DIALECT_BUILDKIT_08 | LB_DIALECT_HEREDOC | LB_DIALECT_LINK | LB_DIALECT_ADD_FLAGS | LB_DIALECT_START_INTERVAL,
	/* symbolic --chmod and --exclude are refused by 0.13 and understood by 0.25; --parents by neither (observed) */
	DIALECT_BUILDKIT_025 = DIALECT_BUILDKIT_013 | LB_DIALECT_CHMOD_SYMBOLIC | LB_DIALECT_EXCLUDE | LB_DIALECT_MODIFIERS,
};

/* Observed in truth/, topic layer. */
#define BUILDKIT_SHAPE(...) \
	{ \
		.run_empty_layer = true, .run_touches_etc = true, .workdir_layer = true, .workdir_empty_layer = true, \
		.copy_lists_parents = true, .resolves_first = true, .unknown_owner_is_root = true, .args_inherited = true, \
		.workdir_owned_by_user = true, .link_is_plain = true, .whiteout_mode = 0600, __VA_ARGS__ \
	}
/* What changes nothing makes no layer, a WORKDIR of a directory that exists too. */
#define CLASSIC_SHAPE \
	{ \
		.workdir_layer = true, .copy_lists_parents = true, .unneeded_stages = true, .wildcard_must_match = true, \
		.many_sources_need_slash = true, .stage_names_unique = true, .volume_drops_changes = true, .parents_to_root = true, \
		.context_drops_setid = true, .chown_drops_setid = true, .whiteout_mode = 0600 \
	}
/* WORKDIR makes no layer: its directory appears with the next step that makes one. */
#define BUILDAH_SHAPE(...) \
	{ \
		.run_empty_layer = true, .copy_lists_parents = true, .wildcard_must_match = true, .context_drops_setid = true, \
		.archive_by_content = true, .bind_sees_ignored = true, .copy_replaces_link = true, .copy_looks_at_root = true, \
		.args_inherited = true, __VA_ARGS__ \
	}

/* From source: a step that changed no file makes no layer. */
#define KANIKO_SHAPE \
	{ \
		.workdir_layer = true, .copy_lists_parents = true, .unneeded_stages = true, .args_inherited = true, \
		.wildcard_must_match = true, .many_sources_need_slash = true \
	}

/* An explicit id or sharing of a cache mount is no longer in the key since 0.13 (moby 584ec40, January 2024);
 * SOURCE_DATE_EPOCH counts for COPY and WORKDIR: not in 0.13, in 0.25 (observed). */
static const struct lb_buildkit_rules buildkit_08 = { .cache_id_counts = true, .sees_all_below = true };
static const struct lb_buildkit_rules buildkit_013 = { .link_merges = true };
static const struct lb_buildkit_rules buildkit_025 = { .link_merges = true, .epoch_counts = true };

static const struct lb_classic_rules classic_20 = { .workdir_as_spelled = true, .stages_apart = true };
static const struct lb_classic_rules classic_26 = { .whole_config = true };

/* Heredocs from 1.35 (339839d), binds from 1.39 (4383e34), --link and the newest candidate from 1.41 (eea4838 and
 * after); the others observed. */
static const struct lb_buildah_rules buildah_128 = { .owner_counts = true };
static const struct lb_buildah_rules buildah_139 = {
	.bind = LB_BUILDAH_BIND_TIMES, .heredocs = true, .owner_counts = true, .stages_apart = true
};
static const struct lb_buildah_rules buildah_143 = {
	.bind = LB_BUILDAH_BIND, .heredocs = true, .link = true, .parents = true, .newest = true
};

/* The engine that a bare `run` takes stands first. */
static const struct lb_policy policies[] = {
	{ "buildkit", "0.8", "buildkit@0.8", LB_OBSERVED, DIALECT_BUILDKIT_08, WARM | COLD, BUILDKIT_SHAPE(.mount_dirs = LB_MOUNT_DIRS_ALL),
	  &lb_buildkit_ops, &buildkit_08 },
	{ "buildkit", "0.13", "buildkit@0.13", LB_OBSERVED, DIALECT_BUILDKIT_013, WARM | FRESH | COLD,
	  BUILDKIT_SHAPE(.mount_touches_parent = true, .epoch_in_config = true), &lb_buildkit_ops, &buildkit_013 },
	{ "buildkit", "0.25", "buildkit@0.25", LB_OBSERVED, DIALECT_BUILDKIT_025, WARM | FRESH | COLD,
	  BUILDKIT_SHAPE(.mount_touches_parent = true, .parents_by_chmod = true, .epoch_in_config = true, .epoch_in_files = true),
	  &lb_buildkit_ops, &buildkit_025 },
	{ "classic", "20.10", "classic@20.10", LB_OBSERVED, DIALECT_CLASSIC, WARM | COLD, CLASSIC_SHAPE, &lb_classic_ops, &classic_20 },
	{ "classic", "26.1", "classic@26.1", LB_OBSERVED, DIALECT_CLASSIC, WARM | COLD, CLASSIC_SHAPE, &lb_classic_ops, &classic_26 },
	{ "classic", "28.5", "classic@28.5", LB_OBSERVED, DIALECT_CLASSIC, WARM | COLD, CLASSIC_SHAPE, &lb_classic_ops, &classic_26 },
	{ "buildah", "1.28", "buildah@1.28", LB_OBSERVED, DIALECT_BUILDAH_128, WARM | COLD,
	  BUILDAH_SHAPE(.run_touches_etc = true, .etc_once = true, .mount_dirs = LB_MOUNT_DIRS_PARENTS, .mount_removes_target = true,
			.volume_drops_changes = true),
	  &lb_buildah_ops, &buildah_128 },
	{ "buildah", "1.39", "buildah@1.39", LB_OBSERVED, DIALECT_BUILDAH_139, WARM | COLD,
	  BUILDAH_SHAPE(.run_touches_etc = true, .etc_once = true, .mount_dirs = LB_MOUNT_DIRS_PARENTS), &lb_buildah_ops, &buildah_139 },
	{ "buildah", "1.43", "buildah@1.43", LB_OBSERVED, DIALECT_BUILDAH_139, WARM | COLD, BUILDAH_SHAPE(.changed_dirs_only = true),
	  &lb_buildah_ops, &buildah_143 },
	{ "kaniko", "1.24", "kaniko@1.24", LB_FROM_SOURCE, DIALECT_KANIKO, WARM | COLD, KANIKO_SHAPE, &lb_kaniko_ops, NULL },
	{ "never", "", "never", LB_FROM_SOURCE, LB_DIALECT_ALL, WARM | FRESH | COLD, BUILDKIT_SHAPE(.mount_dirs = LB_MOUNT_DIRS_NONE),
	  &lb_never_ops, NULL },
};

static bool newest_of_engine(size_t i)
{
	return i + 1 == LB_COUNT(policies) || strcmp(policies[i].engine, policies[i + 1].engine) != 0;
}

static bool newest_observed(size_t i)
{
	if (policies[i].origin != LB_OBSERVED)
		return newest_of_engine(i);
	for (size_t k = i + 1; k < LB_COUNT(policies) && strcmp(policies[i].engine, policies[k].engine) == 0; k++)
		if (policies[k].origin == LB_OBSERVED)
			return false;
	return true;
}

static void add_names(struct lb_buf *out)
{
	for (size_t i = 0; i < LB_COUNT(policies); i++)
		lb_buf_addf(out, "%s%s", i ? ", " : "", policies[i].name);
}

int lb_policy_find(const char *name, const struct lb_policy **out, struct lb_err *err)
{
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		bool exact = strcmp(policies[i].name, name) == 0;
		if (!exact && !(strcmp(policies[i].engine, name) == 0 && newest_observed(i)))
			continue;
		*out = &policies[i];
		return 0;
	}
	lb_autobuf struct lb_buf names = { 0 };
	add_names(&names);
	return lb_fail(err, LB_NOT_FOUND, "no policy is called '%s' (%s)", name, lb_buf_str(&names));
}

size_t lb_policy_list(bool newest, const struct lb_policy **out, size_t cap)
{
	size_t count = 0;
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		if (newest && !newest_observed(i))
			continue;
		if (count < cap)
			out[count] = &policies[i];
		count++;
	}
	return count;
}

struct lb_shape lb_policy_shape(const struct lb_policy *p, enum lb_builder_kind kind)
{
	struct lb_shape s = p->shape;
	if (strcmp(p->engine, "buildkit") != 0 || kind == LB_BUILDER_WARM)
		return s;
	/* the containerd image store, whose differ compares; observed on fresh builders */
	s.run_touches_etc = false;
	s.drops_unchanged = true;
	s.link_alone = true;
	s.mount_touches_parent = false;
	s.link_is_plain = false;
	s.whiteout_mode = 0;
	return s;
}
