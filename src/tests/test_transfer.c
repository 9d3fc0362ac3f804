/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/transfer.h"
#include "sample_image.h"

struct fixture {
	char *dir;
	char *oci; /* "oci:DIR/remote" */
	struct lb_store *disk, *memory;
};

static int set_up(void **state)
{
	struct fixture *f = lb_calloc(1, sizeof(*f));
	*state = f;
	if (lb_fs_mkdtemp("/tmp", "lbench-transfer-", &f->dir, NULL) != 0)
		return -1;
	lb_autofree char *store = lb_path_join(f->dir, "store");
	f->oci = lb_format("oci:%s/remote", f->dir);
	return lb_store_open(store, &f->disk, NULL) || lb_store_open_memory(&f->memory, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	lb_store_close(f->disk);
	lb_store_close(f->memory);
	lb_fs_remove(AT_FDCWD, f->dir, NULL);
	free(f->dir);
	free(f->oci);
	free(f);
	return 0;
}

static struct lb_remote *open_remote(const char *where)
{
	struct lb_remote *r;
	assert_int_equal(lb_remote_open(where, &r, NULL), 0);
	return r;
}

static const char *const two[] = { "hello\n", "world\n" };
static const char *const other[] = { "hello\n", "others\n" };

static uint64_t whole(const struct lb_image_ref *ref, size_t layers)
{
	return ref->manifest_bytes + ref->config_bytes + layers * 2048;
}

static void assert_pushes(struct lb_remote *r, struct lb_store *s, const struct lb_image_ref *ref, uint64_t bytes, uint64_t pushed,
			  uint64_t there)
{
	struct lb_push_count count;
	assert_int_equal(lb_push(r, s, ref, "app:1", &count, NULL), 0);
	assert_int_equal(count.bytes_pushed, bytes);
	assert_int_equal(count.blobs_pushed, pushed);
	assert_int_equal(count.blobs_there, there);
}

/* Every kind of remote counts the same, from either kind of store. */
static void only_what_is_new_is_pushed(void **state)
{
	const struct fixture *f = *state;
	for (int i = 0; i < 4; i++) {
		struct lb_store *s = i & 1 ? f->disk : f->memory;
		lb_autofree char *where = i & 2 ? lb_format("%s-%d", f->oci, i) : lb_strdup("memory:");
		struct lb_remote *r = open_remote(where);
		struct lb_image_ref one, next;
		assert_int_equal(sample_image(s, two, 2, &one), 0);
		assert_int_equal(sample_image(s, other, 2, &next), 0);
		assert_pushes(r, s, &one, whole(&one, 2), 4, 0);
		assert_pushes(r, s, &one, 0, 0, 4);
		assert_pushes(r, s, &next, whole(&next, 1), 3, 1);
		lb_remote_close(r);
	}
}

static void a_layout_begins_with_what_it_has(void **state)
{
	const struct fixture *f = *state;
	struct lb_image_ref ref;
	assert_int_equal(sample_image(f->disk, two, 2, &ref), 0);
	struct lb_remote *r = open_remote(f->oci);
	assert_pushes(r, f->disk, &ref, whole(&ref, 2), 4, 0);
	lb_remote_close(r);
	r = open_remote(f->oci);
	assert_pushes(r, f->disk, &ref, 0, 0, 4);
	lb_remote_close(r);
}

/* What one fork pushes is physically there and counts nevertheless as new for the other. */
static void forks_count_by_themselves(void **state)
{
	const struct fixture *f = *state;
	const char *const kinds[] = { "memory:", f->oci };
	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		struct lb_image_ref one, next;
		assert_int_equal(sample_image(f->disk, two, 2, &one), 0);
		assert_int_equal(sample_image(f->disk, other, 2, &next), 0);
		struct lb_remote *r = open_remote(kinds[i]);
		assert_pushes(r, f->disk, &one, whole(&one, 2), 4, 0);
		struct lb_remote *left = lb_remote_fork(r), *right = lb_remote_fork(r);
		assert_pushes(left, f->disk, &next, whole(&next, 1), 3, 1);
		assert_pushes(right, f->disk, &next, whole(&next, 1), 3, 1);
		assert_pushes(right, f->disk, &next, 0, 0, 4);
		lb_remote_close(r);
		lb_remote_close(left);
		assert_pushes(right, f->disk, &one, 0, 0, 4);
		lb_remote_close(right);
	}
}

static void what_was_pushed_is_pulled(void **state)
{
	const struct fixture *f = *state;
	struct lb_image_ref ref;
	struct lb_push_count count;
	struct lb_digest got;
	lb_autoimage struct lb_image im = { 0 };
	assert_int_equal(sample_image(f->disk, two, 2, &ref), 0);
	struct lb_remote *r = open_remote(f->oci);
	assert_pushes(r, f->disk, &ref, whole(&ref, 2), 4, 0);
	lb_remote_close(r);
	r = open_remote(f->oci);
	assert_int_equal(lb_pull(r, "app:1", NULL, f->memory, &got, &count, NULL), 0);
	assert_true(lb_digest_equal(&got, &ref.manifest));
	assert_int_equal(count.bytes_pushed, whole(&ref, 2));
	assert_int_equal(lb_image_read(f->memory, &got, NULL, &im, NULL), 0);
	assert_int_equal(im.layers_count, 2);
	assert_int_equal(lb_store_tag(f->memory, "app", &got, ref.manifest_bytes, "m", NULL), 0); /* it is whole */
	assert_int_equal(lb_pull(r, "app:1", "linux/amd64", f->memory, &got, &count, NULL), 0);
	assert_int_equal(count.bytes_pushed, 0);
	assert_int_equal(count.blobs_there, 4);
	lb_remote_close(r);
}

/* ONE and TWO stand for two images of the layout. */
static void put_index(const struct fixture *f, const char *entries, const struct lb_image_ref *one, const struct lb_image_ref *next)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *path = lb_path_join(f->oci + 4, "index.json");
	lb_buf_adds(&text, "{\"schemaVersion\":2,\"manifests\":[");
	for (const char *p = entries; *p; p++) {
		const struct lb_image_ref *ref = strncmp(p, "ONE", 3) == 0 ? one : strncmp(p, "TWO", 3) == 0 ? next : NULL;
		char digest[LB_DIGEST_TEXT];
		if (!ref) {
			lb_buf_addc(&text, *p == '\'' ? '"' : *p);
			continue;
		}
		lb_digest_text(&ref->manifest, digest);
		lb_buf_addf(&text, "\"digest\":\"%s\",\"size\":%llu", digest, (unsigned long long)ref->manifest_bytes);
		p += 2;
	}
	lb_buf_adds(&text, "]}");
	assert_int_equal(lb_fs_write(AT_FDCWD, path, text.data, text.len, NULL), 0);
}

#define NAMED(name)	    ",'annotations':{'org.opencontainers.image.ref.name':'" name "'}"
#define ON(os, arch, more) ",'platform':{'os':'" os "','architecture':'" arch "'" more "}"

static void the_image_meant_is_pulled(void **state)
{
	const struct fixture *f = *state;
	struct lb_image_ref one, next;
	static const struct {
		const char *entries, *name;
		bool loosely;
		const char *platform;
		int which; /* 1, 2; 0: none */
		const char *is; /* its name, or what the error says */
	} rows[] = {
		{ "{ONE}", NULL, false, NULL, 1, "" },
		{ "{ONE" NAMED("app:1") "}", NULL, false, NULL, 1, "app:1" },
		{ "{ONE" NAMED("app:1") "}", "other", true, NULL, 1, "app:1" },
		{ "{ONE" NAMED("app:1") "}", "other", false, NULL, 0, "no image is called 'other'; there are app:1" },
		{ "{ONE}", "other", false, NULL, 0, "no image is called 'other'; none there has a name" },
		{ "{ONE" NAMED("a") "},{TWO" NAMED("b") "}", "b", false, NULL, 2, "b" },
		{ "{ONE" NAMED("a") "},{TWO" NAMED("b") "}", "b", true, NULL, 2, "b" },
		{ "{ONE" NAMED("a") "},{TWO" NAMED("b") "}", NULL, false, NULL, 0, "NAME with one of a, b" },
		{ "{ONE" NAMED("a") "},{TWO" NAMED("b") "}", "c", true, NULL, 0, "no image is called 'c'" },
		{ "{ONE" NAMED("3.9") "},{TWO" NAMED("3.10") "}", "python:3.10", true, NULL, 2, "3.10" },
		{ "{ONE" NAMED("3.9") "},{TWO" NAMED("3.10") "}", "python:3.10", false, NULL, 0, "no image is called 'python:3.10'" },
		{ "{ONE" NAMED("3.10") "},{TWO" NAMED("python:3.10") "}", "python:3.10", true, NULL, 2, "python:3.10" },
		{ "{ONE" NAMED("a") "},{TWO" NAMED("a") "}", "a", false, NULL, 0, "more than one image is called 'a'" },
		{ "{ONE" ON("linux", "arm64", "") "},{TWO" ON("linux", "amd64", "") "}", NULL, false, NULL, 2, "" },
		{ "{ONE" NAMED("a") ON("linux", "arm64", "") "},{TWO" NAMED("a") ON("linux", "amd64", "") "}", "a", false, "linux/arm64", 1, "a" },
		{ "{ONE" NAMED("a") ON("linux", "arm", ",'variant':'v6'") "},{TWO" NAMED("a") ON("linux", "arm", ",'variant':'v7'") "}", "a",
		  false, "linux/arm/v7", 2, "a" },
		{ "{ONE" NAMED("a") ON("linux", "arm64", "") "},{TWO" NAMED("a") ON("linux", "amd64", "") "}", "a", false, "linux/s390x", 0,
		  "no image 'a' for linux/s390x" },
		{ "", NULL, false, NULL, 0, "holds no image" },
		{ "{'size':1}", NULL, false, NULL, 0, "the entry of '' has no digest" },
		{ "7", NULL, false, NULL, 0, "the entry of '' has no digest" },
	};
	assert_int_equal(sample_image(f->disk, two, 2, &one), 0);
	assert_int_equal(sample_image(f->disk, other, 2, &next), 0);
	struct lb_remote *r = open_remote(f->oci);
	assert_pushes(r, f->disk, &one, whole(&one, 2), 4, 0);
	assert_pushes(r, f->disk, &next, whole(&next, 1), 3, 1);
	lb_remote_close(r);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct lb_layout_image w = { f->oci + 4, rows[i].name, rows[i].loosely, rows[i].platform };
		lb_autofree char *name = NULL;
		struct lb_digest got;
		struct lb_err err = { 0 };
		put_index(f, rows[i].entries, &one, &next);
		int rc = lb_pull_layout(&w, f->memory, &got, &name, NULL, &err);
		assert_int_equal(rc, rows[i].which ? 0 : LB_INVALID);
		if (!rows[i].which) {
			assert_non_null(strstr(err.text, rows[i].is));
			assert_non_null(strstr(err.text, f->oci + 4));
			continue;
		}
		assert_string_equal(name, rows[i].is);
		assert_true(lb_digest_equal(&got, rows[i].which == 1 ? &one.manifest : &next.manifest));
	}
	const struct lb_layout_image nowhere = { .dir = "/nonexistent/layout" };
	struct lb_digest got;
	struct lb_err err;
	assert_int_equal(lb_pull_layout(&nowhere, f->memory, &got, NULL, NULL, &err), LB_INVALID);
	assert_string_equal(err.text, "/nonexistent/layout: no OCI layout is there");
}

static void looking_makes_nothing(void **state)
{
	const struct fixture *f = *state;
	struct lb_digest got;
	struct lb_err err;
	struct lb_remote *r = open_remote(f->oci);
	assert_int_equal(lb_pull(r, "app", NULL, f->memory, &got, NULL, &err), LB_NOT_FOUND);
	assert_non_null(strstr(err.text, f->oci + 4));
	assert_false(lb_fs_exists(AT_FDCWD, f->oci + 4));
	lb_remote_close(r);
}

static void pulls_are_checked(void **state)
{
	const struct fixture *f = *state;
	struct lb_image_ref ref;
	struct lb_digest got;
	struct lb_err err;
	lb_autoimage struct lb_image im = { 0 };
	char hex[LB_DIGEST_HEX], junk[2048] = { 'x' };
	assert_int_equal(sample_image(f->disk, two, 2, &ref), 0);
	struct lb_remote *r = open_remote(f->oci);
	assert_pushes(r, f->disk, &ref, whole(&ref, 2), 4, 0);
	assert_int_equal(lb_image_read(f->disk, &ref.manifest, NULL, &im, NULL), 0);
	lb_digest_hex(&im.layers[1].blob, hex);
	lb_autofree char *blob = lb_format("%s/blobs/sha256/%s", f->oci + 4, hex);
	assert_int_equal(lb_fs_write(AT_FDCWD, blob, junk, sizeof(junk), NULL), 0);
	assert_int_equal(lb_pull(r, "app:1", NULL, f->memory, &got, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, hex));
	assert_int_equal(lb_fs_write(AT_FDCWD, blob, junk, 5, NULL), 0);
	assert_int_equal(lb_pull(r, "app:1", NULL, f->memory, &got, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "5 bytes"));
	assert_int_equal(lb_fs_remove(AT_FDCWD, blob, NULL), 0);
	assert_int_equal(lb_pull(r, "app:1", NULL, f->memory, &got, NULL, &err), LB_NOT_FOUND);
	assert_false(lb_store_has(f->memory, &im.layers[1].blob, NULL));
	assert_false(lb_store_has(f->memory, &ref.manifest, NULL)); /* the manifest comes last */
	lb_remote_close(r);
}

static void what_cannot_be_pushed_is_told(void **state)
{
	const struct fixture *f = *state;
	struct lb_image_ref ref;
	struct lb_err err;
	struct lb_push_count count = { .blobs_there = 99 };
	lb_autoimage struct lb_image im = { 0 };
	assert_int_equal(sample_image(f->disk, two, 2, &ref), 0);
	assert_int_equal(lb_image_read(f->disk, &ref.manifest, NULL, &im, NULL), 0);
	assert_int_equal(lb_store_delete_blob(f->disk, &im.layers[0].blob, NULL), 0);
	const char *const kinds[] = { "memory:", f->oci };
	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		struct lb_remote *r = open_remote(kinds[i]);
		assert_int_equal(lb_push(r, f->disk, &ref, "app", &count, &err), LB_NOT_FOUND);
		assert_int_equal(count.blobs_there, 99);
		lb_remote_close(r);
	}
	struct lb_store *layout;
	struct lb_digest found;
	assert_int_equal(lb_store_open(f->oci + 4, &layout, NULL), 0);
	assert_int_equal(lb_store_find_tag(layout, "app", &found, NULL, NULL), LB_NOT_FOUND);
	lb_store_close(layout);
}

static void remotes_are_named_by_kind(void **state)
{
	const struct fixture *f = *state;
	lb_autofree char *taken = lb_format("oci:%s", f->dir); /* holds a directory that is no layout */
	const struct {
		const char *where;
		int code;
	} rows[] = { { "", LB_USAGE },
		     { "memory", LB_USAGE },
		     { "oci:", LB_USAGE },
		     { "ftp://x", LB_USAGE },
		     { taken, LB_INVALID },
		     { "oci:/dev/null", LB_INVALID },
		     { "https://registry.example/app", LB_UNSUPPORTED } };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_remote *r = NULL;
		assert_int_equal(lb_remote_open(rows[i].where, &r, NULL), rows[i].code);
		assert_null(r);
	}
	lb_remote_close(NULL);
}

struct job {
	struct lb_remote *remote;
	struct lb_store *store;
	int number, failed;
};

static void *push_forks(void *arg)
{
	struct job *job = arg;
	for (int i = 0; i < 20; i++) {
		struct lb_image_ref ref;
		struct lb_push_count count;
		struct lb_remote *fork = lb_remote_fork(job->remote);
		lb_autofree char *text = lb_format("job %d round %d\n", job->number, i);
		const char *const texts[] = { "hello\n", text };
		job->failed |= sample_image(job->store, texts, 2, &ref);
		job->failed |= lb_push(fork, job->store, &ref, text, &count, NULL);
		job->failed |= count.bytes_pushed != whole(&ref, 2);
		lb_remote_close(fork);
	}
	return NULL;
}

static void forks_push_from_threads(void **state)
{
	const struct fixture *f = *state;
	struct lb_remote *r = open_remote(f->oci);
	pthread_t threads[4];
	struct job jobs[4];
	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){ r, f->disk, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, push_forks, &jobs[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].failed, 0);
	}
	lb_remote_close(r);
	struct lb_store *layout;
	struct lb_tag *tags;
	struct lb_fsck_report report;
	size_t count;
	assert_int_equal(lb_store_open(f->oci + 4, &layout, NULL), 0);
	assert_int_equal(lb_store_tags(layout, &tags, &count, NULL), 0);
	assert_int_equal(count, 80);
	lb_tags_free(tags, count);
	assert_int_equal(lb_store_fsck(layout, &report, NULL, NULL, NULL), 0);
	assert_int_equal(report.bad_blobs + report.missing + report.temporaries, 0);
	lb_store_close(layout);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_is_new_is_pushed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_layout_begins_with_what_it_has, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forks_count_by_themselves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_pushed_is_pulled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_image_meant_is_pulled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(looking_makes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pulls_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_pushed_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(remotes_are_named_by_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forks_push_from_threads, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
