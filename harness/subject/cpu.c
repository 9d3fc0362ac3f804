/* SPDX-License-Identifier: Apache-2.0
 *
 * The CPU time of a daemon with all that it ever started. What a process has waited for is in its own sums, and what lost
 * its parent goes to the first process of the name space, which waits for none of it: so nothing is lost, and nothing
 * counts twice.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "subject/process.h"

struct process {
	pid_t pid, parent;
	uint64_t ticks;
	bool counts;
};

/* /proc/PID/stat (proc(5)): the name in brackets may hold anything; then state, parent, and from field 14 on the times. */
static bool read_stat(const char *pid, struct process *out)
{
	char path[64];
	lb_autobuf struct lb_buf text = { 0 };
	unsigned long long u, s;
	long long cu, cs;
	int parent;
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (lb_fs_read(AT_FDCWD, path, &text, NULL))
		return false;
	const char *after = strrchr(lb_buf_str(&text), ')');
	if (!after || sscanf(after + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld", &parent, &u, &s, &cu, &cs) != 5)
		return false;
	*out = (struct process){ .pid = (pid_t)atoi(pid), .parent = parent, .ticks = u + s + (uint64_t)cu + (uint64_t)cs };
	return true;
}

static struct process *list_processes(size_t *count)
{
	struct process *list = NULL;
	size_t cap = 0;
	DIR *proc = opendir("/proc");
	*count = 0;
	for (const struct dirent *e; proc && (e = readdir(proc));) {
		struct process p;
		if (!isdigit((unsigned char)e->d_name[0]) || !read_stat(e->d_name, &p))
			continue;
		list = lb_grow(list, *count, &cap, sizeof(*list));
		list[(*count)++] = p;
	}
	if (proc)
		closedir(proc);
	return list;
}

uint64_t process_tree_cpu(pid_t root)
{
	size_t count, found = 1;
	uint64_t ticks = 0;
	lb_autofree struct process *list = list_processes(&count);
	for (size_t i = 0; i < count; i++)
		list[i].counts = list[i].pid == root;
	while (found) {
		found = 0;
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; !list[i].counts && k < count; k++)
				if (list[k].counts && list[k].pid == list[i].parent) {
					list[i].counts = true;
					found++;
				}
	}
	for (size_t i = 0; i < count; i++)
		ticks += list[i].counts ? list[i].ticks : 0;
	return ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}
