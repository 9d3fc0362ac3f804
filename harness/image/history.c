/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of an image's history as somebody wrote them in a Dockerfile. Engines put their own words around: docker's
 * classic builder and buildah "/bin/sh -c #(nop) CMD …" and a bare "/bin/sh -c make", BuildKit "RUN |1 A=b /bin/sh -c
 * make # buildkit". The shell is what the last SHELL said.
 */
#include <stdlib.h>
#include <string.h>

#include "image/store.h"

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

char *img_history_line(const struct lb_history *h)
{
	static const char mark[] = " # buildkit";
	lb_autobuf struct lb_buf out = { 0 };
	const char *s = h->created_by ? h->created_by : "";
	size_t len = strlen(s), m = sizeof(mark) - 1;
	if (len > m && strcmp(s + len - m, mark) == 0)
		len -= m;
	for (size_t i = 0; i < len; i++) {
		bool blank = strchr(" \t\r\n", s[i]) != NULL;
		if (!blank)
			lb_buf_addc(&out, s[i]);
		else if (out.len && out.data[out.len - 1] != ' ')
			lb_buf_addc(&out, ' ');
	}
	return lb_buf_steal(&out);
}

/* Behind "|2 A=b C=d e", whose values are not quoted: up to the shell, where there is one. */
static const char *skip_arguments(const char *s, const char *shell)
{
	char *end;
	unsigned long n = strtoul(s + 1, &end, 10);
	lb_autofree char *mark = lb_format(" %s ", shell);
	const char *at = strstr(end, mark);
	if (at)
		return at + 1;
	for (s = end; n-- && strchr(s + 1, ' ');)
		s = strchr(s + 1, ' ');
	return s + (*s == ' ');
}

static char *as_written(const char *line, const char *shell)
{
	lb_autofree char *through = lb_format("%s ", shell), *nop = lb_format("%s#(nop) ", through);
	if (begins(line, nop))
		return lb_strdup(line + strlen(nop));
	bool run = begins(line, "RUN ");
	const char *s = run ? line + 4 : line;
	if (*s == '|')
		s = skip_arguments(s, shell);
	if (begins(s, through))
		s += strlen(through);
	return run || s != line ? lb_format("RUN %s", s) : lb_strdup(line);
}

char *img_instruction(const struct lb_image *im, size_t layer)
{
	lb_autofree char *shell = lb_strdup("/bin/sh -c");
	for (size_t i = 0; i < im->history_count; i++) {
		lb_autofree char *line = img_history_line(&im->history[i]), *written = as_written(line, shell);
		if (!im->history[i].empty_layer && layer-- == 0)
			return lb_steal(&written);
		size_t n = strlen(written);
		if (!begins(written, "SHELL [") || written[n - 1] != ']')
			continue;
		free(shell);
		shell = lb_strndup(written + 7, n - 8);
	}
	return lb_strdup("(its history is not told)");
}
