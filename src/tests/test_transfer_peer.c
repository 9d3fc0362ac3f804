/* SPDX-License-Identifier: Apache-2.0
 *
 * What others say about what is written here: skopeo and umoci on a pushed layout and on the store itself,
 * and an image that skopeo copied, read here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/transfer.h"
#include "sample_image.h"

static const char *const two[] = { "hello\n", "world\n" };

struct fixture {
	char *dir;
	struct lb_store *s;
	struct lb_image_ref ref;
};

static int set_up(void **state)
{
	struct fixture *f = lb_calloc(1, sizeof(*f));
	*state = f;
	if (lb_fs_mkdtemp("/tmp", "lbench-peer-", &f->dir, NULL) != 0)
		return -1;
	lb_autofree char *store = lb_path_join(f->dir, "store"), *where = lb_format("oci:%s/remote", f->dir);
	struct lb_remote *r;
	if (lb_store_open(store, &f->s, NULL) != 0 || sample_image(f->s, two, 2, &f->ref) != 0 || lb_remote_open(where, &r, NULL) != 0)
		return -1;
	int rc = lb_push(r, f->s, &f->ref, "app:1", NULL, NULL);
	lb_remote_close(r);
	return rc ||
	       lb_store_tag(f->s, "app:1", &f->ref.manifest, f->ref.manifest_bytes, "application/vnd.oci.image.manifest.v1+json", NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	lb_store_close(f->s);
	lb_fs_remove(AT_FDCWD, f->dir, NULL);
	free(f->dir);
	free(f);
	return 0;
}

/* Runs a command in dir; its output, the caller's. Fails the test when the command fails. */
static char *run(const char *dir, const char *command)
{
	lb_autofree char *line = lb_format("cd '%s' && exec 2>&1 && %s", dir, command);
	lb_autobuf struct lb_buf out = { 0 };
	FILE *p = popen(line, "r");
	assert_non_null(p);
	char piece[4096];
	for (size_t n; (n = fread(piece, 1, sizeof(piece), p)) > 0;)
		lb_buf_add(&out, piece, n);
	int status = pclose(p);
	if (status != 0)
		print_message("%s\n%s\n", command, lb_buf_str(&out));
	assert_int_equal(status, 0);
	return lb_buf_steal(&out);
}

static void skopeo_inspects_remote_and_store(void **state)
{
	const struct fixture *f = *state;
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&f->ref.manifest, digest);
	lb_autofree char *remote = run(f->dir, "skopeo inspect oci:remote:app:1");
	assert_non_null(strstr(remote, digest));
	assert_non_null(strstr(remote, "\"Architecture\": \"amd64\""));
	assert_non_null(strstr(remote, "\"Created\": \"2024-01-31T12:00:00Z\""));
	lb_autofree char *store = run(f->dir, "skopeo inspect oci:store:app:1");
	assert_string_equal(remote, store);
}

static void skopeo_makes_a_docker_archive(void **state)
{
	const struct fixture *f = *state;
	lb_autofree char *out = run(f->dir, "skopeo copy --insecure-policy oci:remote:app:1 docker-archive:a.tar:app:1 && tar tf a.tar");
	assert_non_null(strstr(out, "manifest.json"));
}

static void umoci_unpacks_what_was_put_in(void **state)
{
	const struct fixture *f = *state;
	lb_autofree char *layout = run(f->dir, "cp -r remote r && umoci tag --image r:app:1 one");
	lb_autofree char *out = run(f->dir, "umoci unpack --rootless --image r:one b >/dev/null && cat b/rootfs/name-0 b/rootfs/name-1");
	assert_string_equal(out, "hello\nworld\n");
}

static void what_skopeo_wrote_is_pulled(void **state)
{
	const struct fixture *f = *state;
	lb_autofree char *out = run(f->dir, "skopeo copy --insecure-policy --dest-compress oci:remote:app:1 oci:theirs:x");
	lb_autofree char *where = lb_format("oci:%s/theirs", f->dir);
	struct lb_remote *r;
	struct lb_digest got;
	struct lb_push_count count;
	lb_autoimage struct lb_image im = { 0 };
	assert_int_equal(lb_remote_open(where, &r, NULL), 0);
	assert_int_equal(lb_pull(r, "x", NULL, f->s, &got, &count, NULL), 0);
	assert_true(count.blobs_pushed >= 3);
	assert_int_equal(lb_image_read(f->s, &got, NULL, &im, NULL), 0);
	assert_int_equal(im.layers_count, 2);
	assert_int_equal(im.layers[0].compression, LB_GZIP_ZLIB);
	assert_int_equal(im.history_count, 2);
	lb_remote_close(r);
}

static bool here(const char *program)
{
	lb_autofree char *line = lb_format("command -v %s >/dev/null 2>&1", program);
	return system(line) == 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(skopeo_inspects_remote_and_store, set_up, tear_down),
		cmocka_unit_test_setup_teardown(skopeo_makes_a_docker_archive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(umoci_unpacks_what_was_put_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_skopeo_wrote_is_pulled, set_up, tear_down),
	};
	if (!here("skopeo") || !here("umoci")) {
		const char *must = getenv("LBENCH_MUST_RUN");
		printf("skipped: skopeo or umoci is not installed\n");
		return must && strcmp(must, "1") == 0 ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
