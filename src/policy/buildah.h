/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBENCH_POLICY_BUILDAH_H
#define LBENCH_POLICY_BUILDAH_H

#include "policy/internal.h"

enum lb_buildah_bind { LB_BUILDAH_BIND_NOT, LB_BUILDAH_BIND_TIMES, LB_BUILDAH_BIND };

struct lb_buildah_rules {
	enum lb_buildah_bind bind; /* what of a bind mount counts: nothing, all with times, all without */
	bool heredocs;             /* the bodies of RUN's heredocs count */
	bool owner_counts;         /* owners as on the disk are in the digest, where no --chown is given */
	bool stages_apart;         /* a copy from a stage never matches one from the context */
	bool link, parents;        /* COPY --link, --parents are understood; --link is in the key */
	bool newest;               /* of several candidates the newest, not the first */
};

/* buildah_sum.c: the digest of what a COPY or ADD brings, as it goes into the layer. */
int lb_buildah_copy_sum(const struct lb_inputs *in, bool owner_counts, struct lb_digest *out, struct lb_err *err);
/* … of what a bind mount shows. */
int lb_buildah_bind_sum(const struct lb_source *src, bool times, struct lb_digest *out, struct lb_err *err);

#endif
