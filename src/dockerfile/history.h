/* SPDX-License-Identifier: Apache-2.0
 *
 * How the engine writes values into history entries: as Go's fmt does.
 */
#ifndef LBENCH_DOCKERFILE_HISTORY_H
#define LBENCH_DOCKERFILE_HISTORY_H

#include "lbench/buf.h"
#include "lbench/stage.h"

void lb_history_quote(struct lb_buf *b, const char *text);                             /* "a\tb" */
void lb_history_list(struct lb_buf *b, char *const *items, size_t count, bool quoted); /* [a b], ["a" "b"] */
void lb_history_health(struct lb_buf *b, const struct lb_healthcheck *h);              /* &{["CMD" "x"] "30s" … '\x03'} */
void lb_history_join(struct lb_buf *b, char *const *items, size_t count);              /* a b */

#endif
