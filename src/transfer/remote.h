/* SPDX-License-Identifier: Apache-2.0
 *
 * A remote's inside. The place (what is really there) is shared by a remote and its forks; each of them has a
 * ledger of its own (what counts as there).
 */
#ifndef LBENCH_TRANSFER_REMOTE_H
#define LBENCH_TRANSFER_REMOTE_H

#include <pthread.h>
#include <stdatomic.h>

#include "lbench/mem.h"
#include "lbench/transfer.h"

struct lb_place {
	atomic_uint refs;
	char *dir;              /* of a layout; NULL: memory */
	pthread_mutex_t mutex;  /* what follows */
	struct lb_store *store; /* the layout is one; NULL until it is needed, so that nothing is made for a look */
	struct lb_map *ours;    /* digests that came here by us, and so are not what the layout began with */
};

struct lb_remote {
	struct lb_place *place;
	struct lb_ledger *ledger;
};

/* Opens the layout; make: also one that is not there yet (else LB_NOT_FOUND). */
int lb_place_store(struct lb_place *p, bool make, struct lb_store **out, struct lb_err *err);
/* Did the layout have this blob before any of us pushed? */
bool lb_place_began_with(struct lb_place *p, const struct lb_digest *digest);
void lb_place_add(struct lb_place *p, const struct lb_digest *digest);

/* A manifest's blobs, in the order in which they go over: layers, config, itself. */
struct lb_parts {
	struct lb_part {
		struct lb_digest digest;
		uint64_t bytes;
	} * items;
	size_t count, cap;
};
int lb_parts_read(struct lb_store *s, const struct lb_digest *manifest, struct lb_parts *out, char **media_type, struct lb_err *err);
void lb_parts_release(struct lb_parts *parts);
#define lb_autoparts __attribute__((cleanup(lb_parts_release)))

#endif
