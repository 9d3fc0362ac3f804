/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/expose.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/parser.h"

#define PORT_MAX 65535

static const char *const protocols[] = { "tcp", "udp", "sctp" };

static bool read_port(const char *text, size_t len, unsigned *out)
{
	unsigned n = 0;
	if (len > 0 && *text == '+')
		text++, len--;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
		if (n > PORT_MAX)
			return false;
	}
	*out = n;
	return true;
}

static bool read_range(const char *text, size_t len, unsigned *first, unsigned *last)
{
	const char *dash = memchr(text, '-', len);
	size_t n = dash ? (size_t)(dash - text) : len;
	if (!read_port(text, n, first))
		return false;
	*last = *first;
	return !dash || (read_port(dash + 1, len - n - 1, last) && *last >= *first);
}

static int check_address(const char *text, size_t len, struct lb_err *err)
{
	unsigned char address[sizeof(struct in6_addr)];
	bool brackets = len > 1 && text[0] == '[' && text[len - 1] == ']';
	lb_autofree char *ip = brackets ? lb_strndup(text + 1, len - 2) : lb_strndup(text, len);
	if (inet_pton(AF_INET, ip, address) == 1 || inet_pton(AF_INET6, ip, address) == 1)
		return 0;
	return lb_fail(err, LB_INVALID, "invalid IP address %s: EXPOSE takes PORT[-PORT][/PROTOCOL]", ip);
}

/* The part before the container's port: [ADDRESS:][HOSTPORT]. */
static int check_host(const char *host, size_t len, unsigned count, struct lb_err *err)
{
	const char *colon = memrchr(host, ':', len);
	const char *port = colon ? colon + 1 : host;
	size_t port_len = len - (size_t)(port - host);
	unsigned first, last;
	if (colon && colon > host) {
		int r = check_address(host, (size_t)(colon - host), err);
		if (r != 0)
			return r;
	}
	if (port_len == 0)
		return 0;
	if (!read_range(port, port_len, &first, &last))
		return lb_fail(err, LB_INVALID, "invalid host port %.*s: it is a number from 0 to 65535, or a range of them", (int)port_len,
			       port);
	if (last - first + 1 != count && count != 1)
		return lb_fail(err, LB_INVALID, "the ranges of host and container ports differ in length: give PORT[-PORT] alone");
	return 0;
}

static const char *find_protocol(const char *text)
{
	if (*text == '\0')
		return protocols[0];
	for (size_t i = 0; i < LB_COUNT(protocols); i++)
		if (strcasecmp(text, protocols[i]) == 0)
			return protocols[i];
	return NULL;
}

static void add_ports(struct lb_arena *arena, unsigned first, unsigned last, const char *protocol, struct lb_ports *ports)
{
	for (unsigned port = first; port <= last; port++) {
		ports->items = lb_parser_grow(arena, ports->items, ports->count, &ports->cap, sizeof(*ports->items));
		lb_autofree char *text = lb_format("%u/%s", port, protocol);
		ports->items[ports->count++] = lb_arena_strdup(arena, text);
	}
}

int lb_expose_add(struct lb_arena *arena, const char *word, struct lb_ports *ports, struct lb_port_form *form, struct lb_err *err)
{
	unsigned first, last;
	const char *colon = strrchr(word, ':');
	const char *range = colon ? colon + 1 : word;
	size_t range_len = strcspn(range, "/");
	const char *written = range[range_len] ? range + range_len + 1 : "";
	const char *protocol = find_protocol(written);
	if (range_len == 0)
		return lb_fail(err, LB_INVALID, "no port in '%s': EXPOSE takes PORT[-PORT][/PROTOCOL]", word);
	if (!protocol)
		return lb_fail(err, LB_INVALID, "invalid protocol '%s': there are tcp, udp and sctp", written);
	if (!read_range(range, range_len, &first, &last))
		return lb_fail(err, LB_INVALID, "invalid port %.*s: it is a number from 0 to 65535, or a range of them", (int)range_len,
			       range);
	int r = colon ? check_host(word, (size_t)(colon - word), last - first + 1, err) : 0;
	if (r != 0)
		return r;
	if (form)
		*form = (struct lb_port_form){ *written && strcmp(written, protocol) != 0, colon && colon > word };
	add_ports(arena, first, last, protocol, ports);
	return 0;
}
