/* SPDX-License-Identifier: Apache-2.0
 *
 * Platforms as containerd's platforms package reads and normalises them.
 */
#include "dockerfile/platform.h"

#include <ctype.h>
#include <string.h>

static const char *const known_os[] = {
	"aix",   "android", "darwin", "dragonfly", "freebsd", "hurd",    "illumos", "ios", "js",
	"linux", "nacl",    "netbsd", "openbsd",   "plan9",   "solaris", "windows", "zos",
};

static const char *const known_arch[] = {
	"386",       "amd64",       "amd64p32", "arm",   "armbe",   "arm64", "arm64be", "loong64", "mips",  "mipsle", "mips64",  "mips64le",
	"mips64p32", "mips64p32le", "ppc",      "ppc64", "ppc64le", "riscv", "riscv64", "s390",    "s390x", "sparc",  "sparc64", "wasm",
};

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static char *lower(struct lb_arena *arena, const char *text, size_t len)
{
	char *copy = lb_arena_strndup(arena, text, len);
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static bool is_part(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i]))
			return false;
	return len > 0;
}

/* Other spellings of an architecture; the variant that goes without saying is dropped. */
static void normalise_arch(struct lb_arena *arena, struct lb_platform *p)
{
	static const struct {
		const char *written, *arch, *variant; /* variant NULL: as written */
	} spellings[] = {
		{ "i386", "386", "" },        { "x86_64", "amd64", NULL }, { "x86-64", "amd64", NULL },
		{ "aarch64", "arm64", NULL }, { "armhf", "arm", "v7" },    { "armel", "arm", "v6" },
	};
	for (size_t i = 0; i < LB_COUNT(spellings); i++)
		if (strcmp(p->arch, spellings[i].written) == 0) {
			p->arch = spellings[i].arch;
			if (spellings[i].variant)
				p->variant = spellings[i].variant;
			break;
		}
	const char *v = p->variant;
	if (strcmp(p->arch, "amd64") == 0 && strcmp(v, "v1") == 0)
		p->variant = "";
	else if (strcmp(p->arch, "arm64") == 0 && (strcmp(v, "8") == 0 || strcmp(v, "v8") == 0))
		p->variant = "";
	else if (strcmp(p->arch, "arm") == 0 && *v == '\0')
		p->variant = "v7";
	else if (strcmp(p->arch, "arm") == 0 && strlen(v) == 1 && strchr("5678", *v)) {
		char *with_v = lb_arena_alloc(arena, 3);
		with_v[0] = 'v';
		with_v[1] = *v;
		p->variant = with_v;
	}
}

static int refuse(const char *text, const char *part, size_t len, struct lb_err *err)
{
	return lb_fail(err, LB_INVALID, "\"%.*s\" is no part of a platform, in \"%s\": write OS/ARCH or OS/ARCH/VARIANT, as linux/amd64",
		       (int)len, part, text);
}

/* "linux", "windows(10.0.17763)" */
static int read_os(struct lb_arena *arena, const char *text, const char *part, size_t len, struct lb_platform *p, struct lb_err *err)
{
	const char *open = memchr(part, '(', len);
	size_t n = open ? (size_t)(open - part) : len;
	if (!is_part(part, n))
		return refuse(text, part, len, err);
	if (open) {
		size_t version = len - n - 2;
		if (part[len - 1] != ')' || len - n < 2 || (version && !is_part(open + 1, version)))
			return refuse(text, part, len, err);
		p->os_version = lb_arena_strndup(arena, open + 1, version);
	}
	p->os = lower(arena, part, n);
	if (strcmp(p->os, "macos") == 0)
		p->os = "darwin";
	return 0;
}

static int read_single(struct lb_arena *arena, const char *text, struct lb_platform *p, struct lb_err *err)
{
	int r = read_os(arena, text, text, strlen(text), p, err);
	if (r != 0)
		return r;
	if (listed(known_os, LB_COUNT(known_os), p->os)) {
		p->arch = "amd64";
		return 0;
	}
	p->arch = p->os;
	p->os = "linux";
	normalise_arch(arena, p);
	if (*p->os_version || !listed(known_arch, LB_COUNT(known_arch), p->arch))
		return lb_fail(err, LB_INVALID, "\"%s\" is no operating system and no architecture: write OS/ARCH, as linux/amd64", text);
	return 0;
}

static int read_parts(struct lb_arena *arena, const char *text, const char *slash, struct lb_platform *p, struct lb_err *err)
{
	const char *arch = slash + 1, *second = strchr(arch, '/');
	size_t arch_len = second ? (size_t)(second - arch) : strlen(arch);
	int r = read_os(arena, text, text, (size_t)(slash - text), p, err);
	if (r != 0)
		return r;
	if (!is_part(arch, arch_len))
		return refuse(text, arch, arch_len, err);
	p->arch = lower(arena, arch, arch_len);
	if (second) {
		const char *variant = second + 1;
		if (!is_part(variant, strlen(variant)))
			return refuse(text, variant, strlen(variant), err);
		p->variant = lower(arena, variant, strlen(variant));
	}
	normalise_arch(arena, p);
	return 0;
}

int lb_platform_parse(struct lb_arena *arena, const char *text, struct lb_platform *out, struct lb_err *err)
{
	*out = (struct lb_platform){ "", "", "", "", "" };
	const char *slash = strchr(text, '/');
	int r = slash ? read_parts(arena, text, slash, out, err) : read_single(arena, text, out, err);
	if (r != 0)
		return r;
	bool version = *out->os_version, variant = *out->variant;
	lb_autofree char *joined = lb_format("%s%s%s%s/%s%s%s", out->os, version ? "(" : "", out->os_version, version ? ")" : "", out->arch,
					     variant ? "/" : "", out->variant);
	out->text = lb_arena_strdup(arena, joined);
	return 0;
}
