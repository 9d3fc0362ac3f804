/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of a walked directory, as git's index has one for its files: mapped and used as it is. Directories are found
 * by device and inode; what one holds stands in the order of names, so that a look-up is a merge of two sorted lists.
 * Of a directory below which nothing changed its sums are remembered too.
 *
 * The checksum is against torn and damaged files, not against people; a memo that does not pass is as if it
 * were not there. Of one that does, places are checked where they are used.
 */
#include "tree/memo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

struct lb_dir_memo {
	const void *map;
	size_t bytes;
	const struct lb_memo_head *head;
	const struct lb_memo_dir *dirs;
	const struct lb_memo_entry *entries;
	const struct lb_memo_sum *sums;
	const uint32_t *slots; /* a directory's number plus one; open addressing, at most half full */
	const char *names;
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return z ^ (z >> 32);
}

uint64_t lb_memo_place(uint64_t dev, uint64_t ino)
{
	return mix(ino + dev * UINT64_C(0x9e3779b97f4a7c15));
}

/* Four lanes, so that it runs at the speed of memory. */
uint64_t lb_memo_checksum(const void *data, size_t bytes)
{
	const unsigned char *p = data;
	uint64_t lanes[4] = { 1, 2, 3, 4 };
	for (size_t i = 0; i + 8 <= bytes; i += 8) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		uint64_t *lane = &lanes[i / 8 % 4];
		*lane = (*lane ^ word) * UINT64_C(0x9fb21c651e98df25);
		*lane ^= *lane >> 29;
	}
	return mix(lanes[0] ^ mix(lanes[1] ^ mix(lanes[2] ^ mix(lanes[3] ^ bytes))));
}

static bool is_whole(const struct lb_memo_head *h, size_t bytes)
{
	const size_t from = offsetof(struct lb_memo_head, id);
	if (h->magic != LB_MEMO_MAGIC || bytes % 8)
		return false;
	const uint64_t counts[] = { h->dirs, h->entries, h->sums, h->slots, h->names_bytes };
	for (size_t i = 0; i < LB_COUNT(counts); i++)
		if (counts[i] > bytes || counts[i] > UINT32_MAX)
			return false;
	if (h->slots < 2 || (h->slots & (h->slots - 1)) || h->dirs > h->slots / 2 || bytes != lb_memo_bytes(h))
		return false;
	return h->checksum == lb_memo_checksum((const char *)h + from, bytes - from);
}

struct lb_dir_memo *lb_dir_memo_open(const char *path)
{
	lb_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct lb_memo_head))
		return NULL;
	size_t bytes = (size_t)st.st_size;
	void *map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	const struct lb_memo_head *h = map;
	if (!is_whole(h, bytes)) {
		munmap(map, bytes);
		return NULL;
	}
	struct lb_dir_memo *m = lb_malloc(sizeof(*m));
	*m = (struct lb_dir_memo){ .map = map, .bytes = bytes, .head = h };
	m->dirs = (const struct lb_memo_dir *)(h + 1);
	m->entries = (const struct lb_memo_entry *)(m->dirs + h->dirs);
	m->sums = (const struct lb_memo_sum *)(m->entries + h->entries);
	m->slots = (const uint32_t *)(m->sums + h->sums);
	m->names = (const char *)(m->slots + h->slots);
	return m;
}

void lb_dir_memo_close(struct lb_dir_memo *m)
{
	if (!m)
		return;
	munmap((void *)(uintptr_t)m->map, m->bytes);
	free(m);
}

const struct lb_memo_head *lb_dir_memo_head(const struct lb_dir_memo *m)
{
	return m->head;
}

bool lb_dir_memo_at(const struct lb_dir_memo *m, uint64_t i, struct lb_memo_view *out)
{
	if (i >= m->head->dirs)
		return false;
	const struct lb_memo_dir *d = &m->dirs[i];
	if ((uint64_t)d->first_entry + d->entries > m->head->entries || (uint64_t)d->first_sum + d->sums > m->head->sums)
		return false;
	*out = (struct lb_memo_view){ (uint32_t)i, d, m->entries + d->first_entry, m->sums + d->first_sum };
	return true;
}

static bool is_inode(const struct lb_dir_memo *m, uint64_t i, uint64_t dev, uint64_t ino)
{
	return i < m->head->dirs && m->dirs[i].ino == ino && m->dirs[i].dev == dev;
}

bool lb_dir_memo_find(const struct lb_dir_memo *m, uint64_t dev, uint64_t ino, uint32_t *finger, struct lb_memo_view *out)
{
	uint64_t found = *finger, mask = m->head->slots - 1;
	for (uint64_t at = lb_memo_place(dev, ino), tries = 0; !is_inode(m, found, dev, ino); at++, tries++) {
		uint32_t slot = m->slots[at & mask];
		if (!slot || tries > mask)
			return false;
		found = slot - 1;
	}
	*finger = (uint32_t)found + 1;
	return lb_dir_memo_at(m, found, out);
}

const char *lb_dir_memo_name(const struct lb_dir_memo *m, const struct lb_memo_entry *e)
{
	if ((uint64_t)e->name_at + e->name_len >= m->head->names_bytes || !e->name_len)
		return NULL;
	const char *name = m->names + e->name_at;
	if (name[0] == '.' && (e->name_len == 1 || (e->name_len == 2 && name[1] == '.')))
		return NULL;
	return strlen(name) == e->name_len && !memchr(name, '/', e->name_len) ? name : NULL;
}

uint64_t lb_dir_memo_now_ns(const char *memo_path)
{
	lb_autofree char *dir = lb_path_dir(memo_path);
	lb_autofd int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		lb_autofree char *name = lb_format("%s.now.XXXXXX", memo_path);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	struct stat st;
	return fd < 0 || fstat(fd, &st) != 0 ? 0 : lb_time_ns(st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}
