/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/own.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lbench/mem.h"

static uint64_t cpu_ns(bool alone)
{
	struct timespec t;
	clock_gettime(alone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* getrusage knows the peak of the whole life of a process; this one can be begun anew. */
static void forget_peak(void)
{
	lb_autofd int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	/* where that is not allowed the peak is one of all builds so far */
	if (fd >= 0 && write(fd, "5", 1) < 0)
		return;
}

static uint64_t peak_bytes(void)
{
	char text[4096]; /* the line is among the first twenty */
	lb_autofd int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	const char *line = strstr(text, "VmHWM:");
	return line ? strtoull(line + strlen("VmHWM:"), NULL, 10) * 1024 : 0;
}

void own_begin(struct own_costs *c, bool alone)
{
	if (alone)
		forget_peak();
	*c = (struct own_costs){ .alone = alone, .cpu_ns = cpu_ns(alone) };
}

void own_end(struct own_costs *c)
{
	c->cpu_ns = cpu_ns(c->alone) - c->cpu_ns;
	c->peak_rss_bytes = c->alone ? peak_bytes() : 0;
}

void own_add_run(struct lb_exec_costs *all, const struct lb_exec_costs *one)
{
	all->user_ns += one->user_ns;
	all->system_ns += one->system_ns;
	all->read_bytes += one->read_bytes;
	all->written_bytes += one->written_bytes;
	if (one->peak_rss_bytes > all->peak_rss_bytes)
		all->peak_rss_bytes = one->peak_rss_bytes;
}
