/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of image references (distribution's reference package): [DOMAIN[:PORT]/]PATH[:TAG][@DIGEST].
 */
#include <ctype.h>
#include <string.h>

#include "dockerfile/platform.h"

#define NAME_MAX_BYTES 255
#define TAG_MAX_BYTES  128
#define ID_DIGITS      64

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The separator at s within a path's part: '.', '_', "__" or dashes. 0: none. */
static size_t separator(const char *s, size_t len)
{
	size_t n = 0;
	while (n < len && s[n] == '-')
		n++;
	if (n > 0)
		return n;
	if (len > 1 && s[0] == '_' && s[1] == '_')
		return 2;
	return len > 0 && (s[0] == '.' || s[0] == '_');
}

static bool is_path_part(const char *s, size_t len)
{
	for (size_t at = 0;; at++) {
		if (at == len || !is_lower_alnum(s[at]))
			return false;
		while (at < len && is_lower_alnum(s[at]))
			at++;
		if (at == len)
			return true;
		size_t n = separator(s + at, len - at);
		if (n == 0)
			return false;
		at += n - 1;
	}
}

static bool is_path(const char *s, size_t len)
{
	for (;;) {
		const char *slash = memchr(s, '/', len);
		size_t n = slash ? (size_t)(slash - s) : len;
		if (!is_path_part(s, n))
			return false;
		if (!slash)
			return true;
		s += n + 1;
		len -= n + 1;
	}
}

static bool is_host(const char *s, size_t len)
{
	if (len > 2 && s[0] == '[' && s[len - 1] == ']') {
		for (size_t i = 1; i + 1 < len; i++)
			if (!isxdigit((unsigned char)s[i]) && s[i] != ':')
				return false;
		return true;
	}
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i + 1 == len || s[i - 1] == '.' || s[i + 1] == '.';
		if (!isalnum((unsigned char)s[i]) && (edge || (s[i] != '-' && s[i] != '.')))
			return false;
	}
	return len > 0;
}

static bool is_domain(const char *s, size_t len)
{
	size_t n = len;
	while (n > 0 && isdigit((unsigned char)s[n - 1]))
		n--;
	if (n > 0 && n < len && s[n - 1] == ':')
		len = n - 1;
	return is_host(s, len);
}

/* Does what stands before the first slash name a registry? */
static bool names_registry(const char *s, size_t len)
{
	if (len == 9 && memcmp(s, "localhost", 9) == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '.' || s[i] == ':' || (s[i] >= 'A' && s[i] <= 'Z'))
			return true;
	return false;
}

static bool is_tag(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && (i == 0 || (s[i] != '.' && s[i] != '-')))
			return false;
	return len > 0 && len <= TAG_MAX_BYTES;
}

static bool is_digest(const char *s)
{
	static const struct {
		const char *algorithm;
		size_t digits;
	} algorithms[] = { { "sha256:", 64 }, { "sha384:", 96 }, { "sha512:", 128 } };
	for (size_t i = 0; i < LB_COUNT(algorithms); i++) {
		size_t n = strlen(algorithms[i].algorithm);
		if (strncmp(s, algorithms[i].algorithm, n) == 0)
			return strlen(s + n) == algorithms[i].digits && strspn(s + n, "0123456789abcdef") == algorithms[i].digits;
	}
	return false;
}

const char *lb_image_name_fault(const char *name)
{
	const char *at = strchr(name, '@');
	size_t len = at ? (size_t)(at - name) : strlen(name);
	if (len == 0)
		return "it is empty";
	if (!at && len == ID_DIGITS && strspn(name, "0123456789abcdef") == ID_DIGITS)
		return "64 hexadecimal digits are an image's id, not its name";
	const char *slash = memchr(name, '/', len);
	size_t domain = slash && names_registry(name, (size_t)(slash - name)) ? (size_t)(slash - name) : 0;
	const char *path = domain ? slash + 1 : name;
	size_t path_len = len - (size_t)(path - name);
	const char *colon = memrchr(path, ':', path_len);
	if (colon && memchr(colon, '/', path_len - (size_t)(colon - path)))
		colon = NULL;
	size_t repository = colon ? (size_t)(colon - path) : path_len;
	for (size_t i = 0; i < repository; i++)
		if (path[i] >= 'A' && path[i] <= 'Z')
			return "a repository is in lower case";
	if (domain && !is_domain(name, domain))
		return "its registry is no host name";
	if (!is_path(path, repository))
		return "it is not of the form [REGISTRY/]REPOSITORY[:TAG][@DIGEST]";
	if (colon && !is_tag(colon + 1, path_len - repository - 1))
		return "its tag is not made of letters, digits, '_', '.' and '-'";
	if (at && !is_digest(at + 1))
		return "its digest is not of the form sha256:HEX";
	return domain + repository > NAME_MAX_BYTES ? "it is longer than 255 bytes" : NULL;
}
