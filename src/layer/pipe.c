/* SPDX-License-Identifier: Apache-2.0
 *
 * Theory: a ring of slots, each a chunk. Four counters run through the ring: chunks filled, hashed, packed and
 * written; each but packing is one chunk at a time, in order. Whoever has nothing to do takes the next task that
 * can be done: a helper always, the caller when the ring is full. So no thread waits for another one's stage
 * while there is work, and one thread alone does the same with the same code.
 */
#include "layer/pipe.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "layer/compress.h"
#include "lbench/mem.h"

/* The tar's own hash is one thread's work: beyond this nothing is won, and every thread costs memory. */
enum { THREADS_MAX = 8 };

struct slot {
	char *raw;
	size_t raw_len;
	struct lb_buf packed;
	uint32_t crc;
	bool is_packed;
};

struct helper {
	struct lb_pipe *pipe;
	struct lb_codec *codec;
	pthread_t thread;
	bool running;
};

enum task { NONE, HASH, PACK, WRITE };

struct lb_pipe {
	struct lb_pipe_options options;
	struct helper *helpers; /* the first stands for the caller */
	size_t helpers_count;
	struct slot *slots;
	size_t slots_count;

	pthread_mutex_t lock;
	pthread_cond_t work, room;                 /* for the helpers; for the caller */
	uint64_t filled, hashed, packing, written; /* of chunks, since the start */
	bool hash_busy, write_busy, stopping;
	int code; /* of the first failure; err tells more */
	struct lb_err err;

	struct lb_sha256 raw_hash, packed_hash;
	uint32_t crc;
	uint64_t raw_bytes, packed_bytes;
};

static struct slot *slot_of(struct lb_pipe *p, uint64_t chunk)
{
	return &p->slots[chunk % p->slots_count];
}

static bool has_room(const struct lb_pipe *p)
{
	uint64_t done = p->hashed < p->written ? p->hashed : p->written;
	return p->filled < done + p->slots_count;
}

/* Under the lock. Writing comes first, since it alone frees slots. */
static enum task take(struct lb_pipe *p, uint64_t *chunk)
{
	if (p->code)
		return NONE;
	if (!p->write_busy && p->written < p->packing && slot_of(p, p->written)->is_packed) {
		p->write_busy = true;
		*chunk = p->written;
		return WRITE;
	}
	if (!p->hash_busy && p->hashed < p->filled) {
		p->hash_busy = true;
		*chunk = p->hashed;
		return HASH;
	}
	if (p->packing < p->filled) {
		*chunk = p->packing++;
		return PACK;
	}
	return NONE;
}

static int pack(struct lb_pipe *p, struct lb_codec *codec, struct slot *s, struct lb_err *err)
{
	if (p->options.compression == LB_UNCOMPRESSED)
		return 0;
	s->crc = lb_crc32(s->raw, s->raw_len);
	return lb_codec_chunk(codec, s->raw, s->raw_len, &s->packed, err);
}

static int write_out(struct lb_pipe *p, const void *data, size_t len, struct lb_err *err)
{
	/* the blob of an uncompressed layer is the tar, hashed already */
	if (p->options.compression != LB_UNCOMPRESSED)
		lb_sha256_add(&p->packed_hash, data, len);
	p->packed_bytes += len;
	return len ? p->options.sink(p->options.sink_arg, data, len, err) : 0;
}

static int write_chunk(struct lb_pipe *p, const struct slot *s, struct lb_err *err)
{
	if (p->options.compression == LB_UNCOMPRESSED)
		return write_out(p, s->raw, s->raw_len, err);
	p->crc = lb_crc32_join(p->crc, s->crc, s->raw_len);
	return write_out(p, s->packed.data, s->packed.len, err);
}

static int carry_out(struct lb_pipe *p, struct lb_codec *codec, enum task task, struct slot *s, struct lb_err *err)
{
	if (task == PACK)
		return pack(p, codec, s, err);
	if (task == WRITE)
		return write_chunk(p, s, err);
	lb_sha256_add(&p->raw_hash, s->raw, s->raw_len);
	p->raw_bytes += s->raw_len;
	return 0;
}

/* Under the lock. */
static void finished(struct lb_pipe *p, enum task task, struct slot *s)
{
	if (task == PACK) {
		s->is_packed = true;
	} else if (task == WRITE) {
		s->is_packed = false;
		p->write_busy = false;
		p->written++;
	} else {
		p->hash_busy = false;
		p->hashed++;
	}
	pthread_cond_broadcast(&p->work);
	pthread_cond_signal(&p->room);
}

/* Does one task, if there is one. Under the lock, which is open meanwhile. */
static bool work_once(struct lb_pipe *p, struct lb_codec *codec)
{
	uint64_t chunk = 0;
	enum task task = take(p, &chunk);
	if (task == NONE)
		return false;
	struct slot *s = slot_of(p, chunk);
	pthread_mutex_unlock(&p->lock);
	struct lb_err err;
	int rc = carry_out(p, codec, task, s, &err);
	pthread_mutex_lock(&p->lock);
	if (rc && !p->code) {
		p->code = rc;
		p->err = err;
	}
	finished(p, task, s);
	return true;
}

static void *help(void *arg)
{
	struct helper *h = arg;
	struct lb_pipe *p = h->pipe;
	pthread_mutex_lock(&p->lock);
	while (!p->stopping)
		if (!work_once(p, h->codec))
			pthread_cond_wait(&p->work, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int failure(const struct lb_pipe *p, struct lb_err *err)
{
	if (p->code && err)
		*err = p->err;
	return p->code;
}

/* Works until done says so. Under the lock. */
static int work_until(struct lb_pipe *p, bool (*done)(const struct lb_pipe *p), struct lb_err *err)
{
	while (!p->code && !done(p))
		if (!work_once(p, p->helpers[0].codec))
			pthread_cond_wait(&p->room, &p->lock);
	return failure(p, err);
}

static void start_helper(struct lb_pipe *p, struct helper *h)
{
	h->pipe = p;
	/* signals are the business of the program's own threads */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->running = pthread_create(&h->thread, NULL, help, h) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int start_helpers(struct lb_pipe *p, struct lb_err *err)
{
	for (size_t i = 0; i < p->helpers_count; i++) {
		int rc = lb_codec_new(p->options.compression, p->options.level, &p->helpers[i].codec, err);
		if (rc)
			return rc;
	}
	/* a thread that cannot be had is only a slower run */
	for (size_t i = 1; i < p->helpers_count; i++)
		start_helper(p, &p->helpers[i]);
	return 0;
}

int lb_pipe_new(const struct lb_pipe_options *options, struct lb_pipe **out, struct lb_err *err)
{
	lb_autopipe struct lb_pipe *p = lb_calloc(1, sizeof(*p));
	p->options = *options;
	p->helpers_count = options->threads < 1 ? 1 : options->threads > THREADS_MAX ? THREADS_MAX : options->threads;
	p->helpers = lb_calloc(p->helpers_count, sizeof(*p->helpers));
	p->slots_count = p->helpers_count == 1 ? 1 : p->helpers_count + 3;
	p->slots = lb_calloc(p->slots_count, sizeof(*p->slots));
	for (size_t i = 0; i < p->slots_count; i++)
		p->slots[i].raw = lb_malloc(options->chunk_max_bytes);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->room, NULL);
	lb_sha256_init(&p->raw_hash);
	lb_sha256_init(&p->packed_hash);
	int rc = start_helpers(p, err);
	if (rc)
		return rc;
	lb_autobuf struct lb_buf head = { 0 };
	lb_frame_begin(options->compression, &head);
	rc = write_out(p, head.data, head.len, err);
	if (!rc)
		*out = lb_steal(&p);
	return rc;
}

size_t lb_pipe_filled(const struct lb_pipe *p)
{
	return p->slots[p->filled % p->slots_count].raw_len;
}

int lb_pipe_cut(struct lb_pipe *p, struct lb_err *err)
{
	if (lb_pipe_filled(p) == 0)
		return 0;
	if (p->options.cancel && *p->options.cancel)
		return lb_fail(err, LB_INTERRUPTED, "interrupted while a layer was written");
	pthread_mutex_lock(&p->lock);
	p->filled++;
	pthread_cond_broadcast(&p->work);
	int rc = work_until(p, has_room, err);
	pthread_mutex_unlock(&p->lock);
	if (!rc)
		slot_of(p, p->filled)->raw_len = 0;
	return rc;
}

int lb_pipe_add(struct lb_pipe *p, const void *data, size_t len, struct lb_err *err)
{
	const char *from = data;
	while (len) {
		struct slot *s = slot_of(p, p->filled);
		size_t room = p->options.chunk_max_bytes - s->raw_len, n = len < room ? len : room;
		memcpy(s->raw + s->raw_len, from, n);
		s->raw_len += n;
		from += n;
		len -= n;
		int rc = n == room ? lb_pipe_cut(p, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

static bool all_done(const struct lb_pipe *p)
{
	return p->hashed == p->filled && p->written == p->filled;
}

int lb_pipe_finish(struct lb_pipe *p, struct lb_pipe_result *out, struct lb_err *err)
{
	int rc = lb_pipe_cut(p, err);
	if (rc)
		return rc;
	pthread_mutex_lock(&p->lock);
	rc = work_until(p, all_done, err);
	pthread_mutex_unlock(&p->lock);
	if (rc)
		return rc;
	lb_autobuf struct lb_buf tail = { 0 };
	lb_frame_end(p->options.compression, p->crc, p->raw_bytes, &tail);
	rc = write_out(p, tail.data, tail.len, err);
	out->raw = lb_sha256_done(&p->raw_hash);
	out->packed = p->options.compression == LB_UNCOMPRESSED ? out->raw : lb_sha256_done(&p->packed_hash);
	out->raw_bytes = p->raw_bytes;
	out->packed_bytes = p->packed_bytes;
	return rc;
}

static void stop_helpers(struct lb_pipe *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 1; i < p->helpers_count; i++)
		if (p->helpers[i].running)
			pthread_join(p->helpers[i].thread, NULL);
}

void lb_pipe_free(struct lb_pipe *p)
{
	if (!p)
		return;
	stop_helpers(p);
	for (size_t i = 0; i < p->helpers_count; i++)
		lb_codec_free(p->helpers[i].codec);
	for (size_t i = 0; i < p->slots_count; i++) {
		free(p->slots[i].raw);
		lb_buf_release(&p->slots[i].packed);
	}
	pthread_cond_destroy(&p->room);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->slots);
	free(p->helpers);
	free(p);
}

void lb_pipe_cleanup(struct lb_pipe **p)
{
	lb_pipe_free(*p);
	*p = NULL;
}
