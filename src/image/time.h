/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBENCH_IMAGE_TIME_H
#define LBENCH_IMAGE_TIME_H

#include <stdint.h>

#define LB_RFC3339 80 /* what snprintf could ever write of six ints */

/* "2024-01-31T12:00:00Z". A year that RFC 3339 cannot write (0…9999 are all it has) gives 1970's first second. */
void lb_rfc3339_text(int64_t seconds, char out[LB_RFC3339]);
/* Fractions of a second are dropped. 0, or -1 for anything else than a time. */
int lb_rfc3339_parse(const char *text, int64_t *seconds);

#endif
