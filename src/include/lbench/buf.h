/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte string. Zero-initialised is empty; data is NUL-terminated once anything was added.
 */
#ifndef LBENCH_BUF_H
#define LBENCH_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct lb_buf {
	char *data;
	size_t len;
	size_t cap;
};

void lb_buf_reserve(struct lb_buf *b, size_t extra);
void lb_buf_add(struct lb_buf *b, const void *data, size_t len);
void lb_buf_adds(struct lb_buf *b, const char *s);
void lb_buf_addc(struct lb_buf *b, char c);
void lb_buf_addf(struct lb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lb_buf_vaddf(struct lb_buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void lb_buf_addu(struct lb_buf *b, uint64_t n); /* decimal, without printf */
/* Numbers in what is kept or digested: 8 bytes, little endian, so that they are the same on every machine. */
static inline void lb_put64(void *to, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		((uint8_t *)to)[i] = (uint8_t)(n >> (8 * i));
}
static inline uint64_t lb_get64(const void *from)
{
	uint64_t n = 0;
	for (int i = 0; i < 8; i++)
		n |= (uint64_t)((const uint8_t *)from)[i] << (8 * i);
	return n;
}
void lb_buf_add64(struct lb_buf *b, uint64_t n);
/* As the value of an XML attribute in double quotes, or as text (XML 1.0): markup is escaped, line ends and tabs too; what XML cannot
 * hold becomes '?'. */
void lb_buf_add_xml(struct lb_buf *b, const char *s);
const char *lb_buf_str(struct lb_buf *b);       /* never NULL; borrowed */
char *lb_buf_steal(struct lb_buf *b);           /* never NULL; the caller's, b is empty again */
void lb_buf_clear(struct lb_buf *b);            /* empty, memory kept */
void lb_buf_release(struct lb_buf *b);
#define lb_autobuf __attribute__((cleanup(lb_buf_release)))

#endif
