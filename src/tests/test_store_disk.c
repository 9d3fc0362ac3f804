/* SPDX-License-Identifier: Apache-2.0
 *
 * What only a store on disk can get wrong: foreign, damaged, full and unwritable directories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lbench/json.h"
#include "store_dir.h"

static void write_file(const char *dir, const char *name, const char *text)
{
	lb_autofree char *path = lb_path_join(dir, name);
	assert_int_equal(lb_fs_write(AT_FDCWD, path, text, strlen(text), NULL), 0);
}

static char *read_file(const char *dir, const char *name)
{
	lb_autofree char *path = lb_path_join(dir, name);
	lb_autobuf struct lb_buf text = { 0 };
	assert_int_equal(lb_fs_read(AT_FDCWD, path, &text, NULL), 0);
	return lb_buf_steal(&text);
}

static void the_directory_is_an_oci_layout(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_digest d, tree = lb_digest_of("t", 1);
	char hex[LB_DIGEST_HEX];
	assert_int_equal(lb_store_put(s, "{}", 2, &d, NULL, NULL), 0);
	assert_int_equal(lb_store_tag(s, "app:1", &d, 2, "application/vnd.oci.image.manifest.v1+json", NULL), 0);
	struct lb_layer_info info = { lb_digest_of("diff", 4), 1024, d, 2, LB_GZIP_ISAL, 5, 1 };
	assert_int_equal(lb_store_layer_put(s, &tree, &info, NULL), 0);
	assert_int_equal(lb_store_sync(s, NULL), 0);
	lb_store_close(s);
	lb_autofree char *layout = read_file(dir, "oci-layout"), *index = read_file(dir, "index.json");
	assert_string_equal(layout, "{\"imageLayoutVersion\":\"1.0.0\"}");
	assert_string_equal(index, "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["
				   "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":"
				   "\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2,"
				   "\"annotations\":{\"org.opencontainers.image.ref.name\":\"app:1\"}}]}");
	lb_digest_hex(&info.diff_id, hex);
	lb_autofree char *meta_name = lb_format("layers/%s/meta.json", hex), *meta = read_file(dir, meta_name);
	lb_autojson json_t *j = NULL;
	assert_int_equal(lb_json_parse("meta", meta, strlen(meta), &j, NULL), 0);
	assert_int_equal(json_integer_value(json_object_get(j, "diffBytes")), 1024);
	assert_int_equal(json_integer_value(json_object_get(j, "files")), 5);
}

static off_t size_of(const char *dir, const char *name)
{
	struct stat st;
	lb_autofree char *path = lb_path_join(dir, name);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Who is first to open the data base reads the whole log. */
static void the_log_stays_short(void **state)
{
	const char *dir = *state;
	off_t longest = 0;
	for (unsigned i = 0; i < 200; i++) {
		struct lb_store *s = open_store(dir);
		for (unsigned k = 0; k < 10; k++) {
			struct lb_digest key = lb_digest_of(&(unsigned){ i * 10 + k }, sizeof(unsigned));
			assert_int_equal(lb_store_memo_put(s, "kind", &key, "x", 1, NULL), 0);
		}
		lb_store_close(s);
		off_t log = size_of(dir, "lbench.db-wal");
		longest = log > longest ? log : longest;
	}
	assert_in_range(longest, 1, 2 << 20);
	assert_true(size_of(dir, "lbench.db") > 50000);
}

static void set_age(const char *dir, const struct lb_digest *blob, time_t seconds)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(blob, hex);
	lb_autofree char *path = lb_format("%s/blobs/sha256/%s", dir, hex);
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Whether it is touched or young enough: what an open handle was told to be there stays. */
static void gc_leaves_what_others_rely_on(void **state)
{
	const char *dir = *state;
	static const char *const texts[] = { "young", "older", "old", "nobody's, old" };
	static const time_t ages[] = { 0, 200, 4000, 4000 };
	struct lb_digest blobs[LB_COUNT(texts)];
	int64_t later = time(NULL) + 1000000;
	uint64_t freed;
	struct lb_store *s = open_store(dir), *other = open_store(dir);
	for (size_t i = 0; i < LB_COUNT(texts); i++) {
		assert_int_equal(lb_store_put(other, texts[i], strlen(texts[i]), &blobs[i], NULL, NULL), 0);
		set_age(dir, &blobs[i], ages[i]);
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(lb_store_put(s, texts[i], strlen(texts[i]), NULL, NULL, NULL), 0);
	assert_int_equal(lb_store_gc(other, 0, later, &freed, NULL), 0);
	for (size_t i = 0; i < LB_COUNT(texts); i++)
		assert_int_equal(lb_store_has(s, &blobs[i], NULL), i < 3);
	lb_store_close(s);
	assert_int_equal(lb_store_gc(other, 0, later, &freed, NULL), 0);
	for (size_t i = 0; i < LB_COUNT(texts); i++)
		assert_false(lb_store_has(other, &blobs[i], NULL));
	lb_store_close(other);
}

static void entries_of_others_stay(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_digest d;
	assert_int_equal(lb_store_put(s, "{}", 2, &d, NULL, NULL), 0);
	write_file(dir, "index.json",
		   "{\"schemaVersion\":2,\"annotations\":{\"a\":\"b\"},\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"sha256:00\","
		   "\"size\":1,\"platform\":{\"os\":\"linux\"}}]}");
	assert_int_equal(lb_store_tag(s, "app", &d, 2, "m", NULL), 0);
	lb_store_close(s);
	lb_autofree char *index = read_file(dir, "index.json");
	assert_non_null(strstr(index, "\"platform\":{\"os\":\"linux\"}"));
	assert_non_null(strstr(index, "\"annotations\":{\"a\":\"b\"}"));
	assert_non_null(strstr(index, "\"app\""));
}

static void what_is_no_store_is_refused(void **state)
{
	const char *dir = *state;
	static const struct {
		const char *file, *text, *says;
		int code;
	} rows[] = {
		{ "precious.txt", "x", "is no store and no OCI layout, and it is not empty ('precious.txt')", LB_INVALID },
		{ "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}", "/oci-layout: an OCI layout of version '2.0.0'", LB_INVALID },
		{ "oci-layout", "{\n!", "/oci-layout:2:", LB_INVALID },
		{ "oci-layout", "", "/oci-layout:1:1: not valid JSON", LB_INVALID },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_store *s = NULL;
		struct lb_err err;
		lb_autofree char *sub = lb_format("%s/%zu", dir, i);
		assert_int_equal(lb_fs_mkdirs(AT_FDCWD, sub, NULL), 0);
		write_file(sub, rows[i].file, rows[i].text);
		assert_int_equal(lb_store_open(sub, &s, &err), rows[i].code);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_non_null(strstr(err.text, sub));
	}
	struct lb_store *s;
	lb_autofree char *file = lb_format("%s/0/precious.txt", dir);
	assert_int_equal(lb_store_open(file, &s, NULL), LB_INVALID);
	lb_autofree char *below = lb_format("%s/0/precious.txt/store", dir);
	assert_int_not_equal(lb_store_open(below, &s, NULL), 0);
}

static void damaged_parts_are_told(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_err err;
	struct lb_digest d, none;
	lb_autobuf struct lb_buf out = { 0 };
	assert_int_equal(lb_store_put(s, "{}", 2, &d, NULL, NULL), 0);
	write_file(dir, "index.json", "{\"manifests\":\n 7}");
	assert_int_equal(lb_store_find_tag(s, "app", &none, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "index.json: no list 'manifests'"));
	write_file(dir, "index.json", "{\"manifests\":\n [}");
	assert_int_equal(lb_store_find_tag(s, "app", &none, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "index.json:2:"));
	assert_int_equal(lb_store_tag(s, "app", &d, 2, "m", NULL), LB_INVALID);
	lb_autofree char *path = lb_path_join(dir, "index.json");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lb_store_find_tag(s, "app", &none, NULL, &err), LB_INVALID);
	write_file(dir, "lbench.db", "this is no data base, and it is long enough to be read as a page header of one .......");
	assert_int_equal(lb_store_memo_get(s, "k", &d, &out, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "lbench.db"));
	lb_store_close(s);
}

static void count_line(void *arg, const char *text)
{
	(void)text;
	++*(int *)arg;
}

static void fsck_reads_every_byte(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_fsck_report r;
	struct lb_digest d;
	char hex[LB_DIGEST_HEX];
	int lines = 0;
	assert_int_equal(lb_store_put(s, "right", 5, &d, NULL, NULL), 0);
	lb_digest_hex(&d, hex);
	lb_autofree char *name = lb_format("blobs/sha256/%s", hex), *layer = lb_format("%s/layers/%s", dir, hex);
	write_file(dir, name, "wrong");
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, layer, NULL), 0);
	assert_int_equal(lb_store_fsck(s, &r, count_line, &lines, NULL), 0);
	assert_int_equal(r.blobs, 1);
	assert_int_equal(r.bad_blobs, 1);
	assert_int_equal(r.missing, 1); /* the layer's meta.json */
	assert_int_equal(lines, 2);
	lb_store_close(s);
}

static void gc_spares_what_others_rely_on(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir), *other = open_store(dir);
	int64_t now = (int64_t)time(NULL);
	uint64_t freed;
	struct lb_digest old;
	bool fresh;
	assert_int_equal(lb_store_put(s, "old", 3, &old, NULL, NULL), 0);
	/* as young as it is, nobody takes it */
	assert_int_equal(lb_store_gc(s, 0, now, &freed, NULL), 0);
	assert_int_equal(freed, 0);
	/* much later, but another one has the store open and was promised the blob */
	assert_int_equal(lb_store_put(other, "old", 3, &old, &fresh, NULL), 0);
	assert_false(fresh);
	assert_int_equal(lb_store_gc(s, 0, now + 100000, &freed, NULL), 0);
	assert_int_equal(freed, 0);
	lb_store_close(other);
	assert_int_equal(lb_store_gc(s, 0, now + 100000, &freed, NULL), 0);
	assert_int_equal(freed, 3);
	/* what was relied on and is gone is written anew */
	assert_int_equal(lb_store_put(s, "old", 3, &old, &fresh, NULL), 0);
	assert_true(fresh);
	lb_store_close(s);
}

static void gc_forgets_layers_with_their_blobs(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_digest blob, tree = lb_digest_of("t", 1);
	uint64_t freed;
	assert_int_equal(lb_store_put(s, "blob", 4, &blob, NULL, NULL), 0);
	struct lb_layer_info info = { lb_digest_of("diff", 4), 1024, blob, 4, LB_GZIP_ISAL, 5, 1 };
	assert_int_equal(lb_store_layer_put(s, &tree, &info, NULL), 0);
	assert_int_equal(count_entries(dir, "layers"), 1);
	assert_int_equal(lb_store_gc(s, 0, (int64_t)time(NULL) + 100000, &freed, NULL), 0);
	assert_int_equal(freed, 4);
	assert_int_equal(count_entries(dir, "layers"), 0);
	lb_store_close(s);
	assert_int_equal(count_entries(dir, "tmp"), 0);
}

/* ---- no room, no right ---- */

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
	const char *dir = *state;
	if (geteuid() != 0 || mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m") != 0) {
		print_message("skipped: a tiny file system cannot be mounted here\n");
		skip();
	}
	struct lb_store *s = open_store(dir);
	struct lb_err err;
	struct lb_digest d;
	lb_autofree char *data = lb_calloc(1, 4 << 20);
	int rc = lb_store_put(s, data, 4 << 20, &d, NULL, &err);
	d = lb_digest_of(data, 4 << 20);
	bool there = lb_store_has(s, &d, NULL);
	lb_autofree char *text = lb_strdup(err.text);
	/* it goes on with what there is room for, and fails in the data base likewise */
	struct lb_digest small;
	int small_rc = lb_store_put(s, data, 1000, &small, NULL, &err);
	int memo_rc = 0;
	for (int i = 0; i < 16 && !memo_rc; i++)
		memo_rc = lb_store_memo_put(s, i % 2 ? "a" : "b", &small, data, 1 << 20, &err);
	struct lb_fsck_report r;
	int fsck_rc = lb_store_fsck(s, &r, NULL, NULL, NULL);
	lb_store_close(s);
	umount2(dir, MNT_DETACH);
	assert_int_equal(rc, LB_IO);
	assert_non_null(strstr(text, dir));
	assert_non_null(strstr(text, strerror(ENOSPC)));
	assert_false(there);
	assert_int_equal(small_rc, 0);
	assert_int_equal(memo_rc, LB_IO);
	assert_non_null(strstr(err.text, "lbench.db"));
	assert_int_equal(fsck_rc, 0);
	assert_int_equal(r.blobs, 1);
	assert_int_equal(r.bad_blobs + r.missing + r.temporaries, 0);
}

/* In a child that is nobody, since root may write anywhere. */
static int as_nobody(const char *dir, int (*what)(const char *dir))
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		_exit(-what(dir));
	}
	int status;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -100;
}

static int make_store(const char *dir)
{
	lb_autofree char *sub = lb_path_join(dir, "sub/store");
	struct lb_store *s;
	struct lb_err err;
	int rc = lb_store_open(sub, &s, &err);
	return rc && strstr(err.text, dir) ? rc : -50;
}

static int write_blob(const char *dir)
{
	struct lb_store *s;
	struct lb_err err;
	struct lb_digest d;
	if (lb_store_open(dir, &s, &err) != 0)
		return -51;
	int rc = lb_store_put(s, "new", 3, &d, NULL, &err);
	lb_store_close(s);
	return rc && strstr(err.text, dir) ? rc : -50;
}

static int read_only(const char *dir)
{
	struct lb_store *s;
	struct lb_digest d, found;
	bool fresh = true;
	struct lb_fsck_report r;
	int rc = lb_store_open(dir, &s, NULL);
	if (rc)
		return rc;
	rc = lb_store_find_tag(s, "app", &found, NULL, NULL);
	rc = rc ? rc : lb_store_put(s, "{}", 2, &d, &fresh, NULL); /* there already: nothing to write */
	rc = rc ? rc : lb_store_fsck(s, &r, NULL, NULL, NULL);
	lb_store_close(s);
	return rc ? rc : fresh || r.blobs != 1 ? -50 : 0;
}

static void an_unwritable_store_can_be_read_only(void **state)
{
	const char *dir = *state;
	struct lb_store *s = open_store(dir);
	struct lb_digest d;
	assert_int_equal(lb_store_put(s, "{}", 2, &d, NULL, NULL), 0);
	assert_int_equal(lb_store_tag(s, "app", &d, 2, "m", NULL), 0);
	lb_store_close(s);
	lb_autofree char *tmp = lb_path_join(dir, "tmp"), *blobs = lb_path_join(dir, "blobs/sha256"),
			 *lock = lb_path_join(dir, "lbench.lock");
	assert_int_equal(chmod(lock, 0644) | chmod(tmp, 0555) | chmod(blobs, 0555) | chmod(dir, 0555), 0);
	assert_int_equal(as_nobody(dir, read_only), 0);
	assert_int_equal(as_nobody(dir, write_blob), LB_CANTCREAT);
	assert_int_equal(as_nobody(dir, make_store), LB_CANTCREAT);
	assert_int_equal(chmod(dir, 0755) | chmod(tmp, 0755) | chmod(blobs, 0755), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LB_DIR_TEST(the_directory_is_an_oci_layout),
		LB_DIR_TEST(the_log_stays_short),
		LB_DIR_TEST(gc_leaves_what_others_rely_on),
		LB_DIR_TEST(entries_of_others_stay),
		LB_DIR_TEST(what_is_no_store_is_refused),
		LB_DIR_TEST(damaged_parts_are_told),
		LB_DIR_TEST(fsck_reads_every_byte),
		LB_DIR_TEST(gc_spares_what_others_rely_on),
		LB_DIR_TEST(gc_forgets_layers_with_their_blobs),
		LB_DIR_TEST(a_full_disk_is_told_and_leaves_nothing),
		LB_DIR_TEST(an_unwritable_store_can_be_read_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
