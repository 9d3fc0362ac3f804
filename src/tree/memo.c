/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of a directory's content digests, as git's index has one for its files: a head, an index, the
 * records sorted by device and inode; mapped and used as it is. It belongs to one machine, so that numbers
 * are in its byte order. The index is a hash table of record numbers, open addressing, at most half full:
 * a look-up costs two cache lines, where a search for the place would cost seventeen.
 *
 * The checksum is against torn and damaged files, not against people; a memo that does not pass is as if it
 * were not there.
 */
#include "tree/dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

struct record {
	struct lb_file_key key;
	struct lb_digest digest;
};

struct head {
	uint64_t magic;    /* also says the byte order */
	uint64_t checksum; /* of all that follows it */
	uint64_t slots, records;
};

static const uint64_t MAGIC = UINT64_C(0x316f6d656d626c02);
enum { EMPTY = 0 }; /* a slot holds the record's number plus one */

struct lb_dir_memo {
	const void *map;
	size_t bytes;
	const uint32_t *slots;
	uint64_t slots_mask;
	uint64_t records_count;
	const struct record *records;
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return z ^ (z >> 32);
}

static uint64_t place(uint64_t dev, uint64_t ino)
{
	return mix(ino + dev * UINT64_C(0x9e3779b97f4a7c15));
}

/* Four lanes, so that it runs at the speed of memory. bytes is a multiple of 8. */
static uint64_t checksum(const void *data, size_t bytes)
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

static const size_t sum_from = offsetof(struct head, slots);

static size_t bytes_for(uint64_t slots, uint64_t records)
{
	return sizeof(struct head) + (size_t)slots * sizeof(uint32_t) + (size_t)records * sizeof(struct record);
}

static bool is_whole(const struct head *h, size_t bytes)
{
	if (bytes < sizeof(*h) || h->magic != MAGIC)
		return false;
	if (h->slots < 2 || (h->slots & (h->slots - 1)) || h->records > h->slots / 2 || h->slots > UINT32_MAX)
		return false;
	return bytes == bytes_for(h->slots, h->records) && h->checksum == checksum((const char *)h + sum_from, bytes - sum_from);
}

struct lb_dir_memo *lb_dir_memo_open(const char *path)
{
	lb_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct head))
		return NULL;
	size_t bytes = (size_t)st.st_size;
	void *map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	const struct head *h = map;
	if (!is_whole(h, bytes)) {
		munmap(map, bytes);
		return NULL;
	}
	struct lb_dir_memo *m = lb_malloc(sizeof(*m));
	m->map = map;
	m->bytes = bytes;
	m->slots = (const uint32_t *)(h + 1);
	m->slots_mask = h->slots - 1;
	m->records_count = h->records;
	m->records = (const struct record *)(const void *)(m->slots + h->slots);
	return m;
}

uint64_t lb_dir_memo_records(const struct lb_dir_memo *m)
{
	return m ? m->records_count : 0;
}

void lb_dir_memo_close(struct lb_dir_memo *m)
{
	if (!m)
		return;
	munmap((void *)(uintptr_t)m->map, m->bytes);
	free(m);
}

static bool is_inode(const struct record *r, const struct lb_file_key *k)
{
	return r->key.ino == k->ino && r->key.dev == k->dev;
}

/* The record of key's inode; the number of records when there is none. */
static uint64_t find(const struct lb_dir_memo *m, const struct lb_file_key *key)
{
	for (uint64_t i = place(key->dev, key->ino);; i++) {
		uint32_t slot = m->slots[i & m->slots_mask];
		if (slot == EMPTY || slot > m->records_count)
			return m->records_count;
		if (is_inode(&m->records[slot - 1], key))
			return slot - 1;
	}
}

bool lb_dir_memo_get(const struct lb_dir_memo *m, const struct lb_file_key *key, uint64_t *finger, struct lb_digest *out)
{
	uint64_t at = *finger;
	if (at >= m->records_count || !is_inode(&m->records[at], key))
		at = find(m, key);
	if (at == m->records_count)
		return false;
	*finger = at + 1;
	const struct record *r = &m->records[at];
	*out = r->digest;
	return r->key.size_bytes == key->size_bytes && r->key.mtime_ns == key->mtime_ns && r->key.ctime_ns == key->ctime_ns;
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

/* ---- saving ---- */

struct records {
	struct record *items;
	size_t count, cap;
	bool learnt;     /* something that the memo had not */
	uint64_t before; /* what the memo had */
};

static void records_release(struct records *r)
{
	free(r->items);
}

static int collect(const char *path, size_t len, struct lb_node *n, void *arg)
{
	(void)path, (void)len;
	struct records *out = arg;
	struct lb_file_key k;
	struct lb_digest d;
	if (!lb_content_file_key(n->content, &k) || !lb_content_digest_known(n->content, &d) || lb_content_file_racy(n->content))
		return 0;
	out->items = lb_grow(out->items, out->count, &out->cap, sizeof(*out->items));
	out->items[out->count++] = (struct record){ k, d };
	out->learnt |= !lb_content_file_recalled(n->content, &out->before);
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	if (x->key.dev != y->key.dev)
		return x->key.dev < y->key.dev ? -1 : 1;
	return (x->key.ino > y->key.ino) - (x->key.ino < y->key.ino);
}

/* Several names of one inode are one record. */
static void sort_records(struct records *r)
{
	if (!r->count)
		return;
	qsort(r->items, r->count, sizeof(*r->items), by_inode);
	size_t kept = 1;
	for (size_t i = 1; i < r->count; i++)
		if (by_inode(&r->items[kept - 1], &r->items[i]) != 0)
			r->items[kept++] = r->items[i];
	r->count = kept;
}

static void serialise(const struct records *r, struct lb_buf *out)
{
	uint64_t slots = 2;
	while (slots / 2 < r->count)
		slots *= 2;
	size_t bytes = bytes_for(slots, r->count);
	lb_buf_reserve(out, bytes);
	memset(out->data, 0, bytes);
	out->len = bytes;
	struct head *h = (struct head *)(void *)out->data;
	uint32_t *table = (uint32_t *)(h + 1);
	for (size_t i = 0; i < r->count; i++) {
		uint64_t at = place(r->items[i].key.dev, r->items[i].key.ino);
		while (table[at & (slots - 1)] != EMPTY)
			at++;
		table[at & (slots - 1)] = (uint32_t)(i + 1);
	}
	if (r->count)
		memcpy(table + slots, r->items, r->count * sizeof(*r->items));
	*h = (struct head){ .magic = MAGIC, .slots = slots, .records = r->count };
	h->checksum = checksum(out->data + sum_from, bytes - sum_from);
}

int lb_dir_memo_save(const char *memo_path, struct lb_node *root, struct lb_err *err)
{
	__attribute__((cleanup(records_release))) struct records r = { 0 };
	lb_tree_walk(root, collect, &r);
	sort_records(&r);
	if (!r.learnt && r.count == r.before && r.count)
		return 0;
	lb_autobuf struct lb_buf out = { 0 };
	serialise(&r, &out);
	int rc = lb_fs_write(AT_FDCWD, memo_path, out.data, out.len, err);
	return rc ? lb_wrap(err, "while writing the memo of content digests") : 0;
}
