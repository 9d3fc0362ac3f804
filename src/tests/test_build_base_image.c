/* SPDX-License-Identifier: Apache-2.0
 *
 * An image of the store as a base: what stages inherit of it, its files, its blobs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lbench/build.h"
#include "sample_image.h"

static struct lb_store *memory(void)
{
	struct lb_store *s;
	assert_int_equal(lb_store_open_memory(&s, NULL), 0);
	return s;
}

static void layers_files_and_identity(void **state)
{
	(void)state;
	struct lb_store *s = memory();
	static const char *const texts[] = { "one", "two" };
	struct lb_image_ref ref;
	struct lb_base_image *b;
	struct lb_err err;
	assert_int_equal(sample_image(s, texts, 2, &ref), 0);
	assert_int_equal(lb_base_from_image(s, &ref.manifest, NULL, "app:1", &b, &err), 0);
	assert_string_equal(b->name, "app:1");
	assert_false(b->opaque);
	assert_int_equal(b->layers_count, 2);
	assert_true(lb_digest_equal(&b->identity, &ref.manifest));
	struct lb_digest chain[2];
	lb_image_chain_ids(&b->image, chain);
	assert_true(lb_digest_equal(&b->chain_id, &chain[1]));
	assert_true(lb_digest_equal(&b->layer_ids[0], &b->image.layers[0].diff_id));
	assert_non_null(lb_tree_get(b->root, "name-0"));
	assert_non_null(lb_tree_get(b->root, "name-1"));
	assert_int_equal(b->config.cmd_count, 1);
	assert_string_equal(b->config.cmd[0], "/name-0");
	lb_base_image_free(b);
	lb_store_close(s);
}

static const char config_text[] =
	"{\"User\":\"app:app\",\"ExposedPorts\":{\"80/tcp\":{}},\"Env\":[\"PATH=/bin\",\"EMPTY=\",\"EQ=a=b\",\"none\"],"
	"\"Entrypoint\":[],\"Cmd\":[\"sh\",\"-c\"],\"Volumes\":{\"/v\":{}},\"WorkingDir\":\"/w\",\"OnBuild\":[\"RUN x\"],"
	"\"Labels\":{\"a\":\"b\"},\"StopSignal\":\"SIGINT\",\"Shell\":[\"/bin/bash\"],"
	"\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"],\"Interval\":5,\"Retries\":2}}";

static void the_whole_configuration_is_inherited(void **state)
{
	(void)state;
	struct lb_store *s = memory();
	lb_autoimage struct lb_image im;
	struct lb_image_ref ref;
	struct lb_base_image *b;
	lb_image_init(&im);
	json_decref(im.config);
	assert_int_equal(lb_json_parse("config", config_text, strlen(config_text), &im.config, NULL), 0);
	assert_int_equal(lb_image_write(s, &im, &ref, NULL), 0);
	assert_int_equal(lb_base_from_image(s, &ref.manifest, NULL, "x", &b, NULL), 0);
	const struct lb_image_config *c = &b->config;
	assert_int_equal(c->env.count, 3);
	assert_string_equal(lb_pairs_get(&c->env, "EMPTY"), "");
	assert_string_equal(lb_pairs_get(&c->env, "EQ"), "a=b");
	assert_string_equal(lb_pairs_get(&c->labels, "a"), "b");
	assert_string_equal(c->user, "app:app");
	assert_string_equal(c->workdir, "/w");
	assert_string_equal(c->stop_signal, "SIGINT");
	assert_true(c->entrypoint_set && c->entrypoint_count == 0);
	assert_true(c->cmd_set && c->cmd_count == 2);
	assert_string_equal(c->exposed[0], "80/tcp");
	assert_string_equal(c->volumes[0], "/v");
	assert_string_equal(c->onbuild[0], "RUN x");
	assert_string_equal(c->shell[0], "/bin/bash");
	assert_non_null(c->healthcheck);
	assert_int_equal(c->healthcheck->interval_ns, 5);
	assert_int_equal(c->healthcheck->retries, 2);
	assert_string_equal(c->healthcheck->test[1], "true");
	lb_base_image_free(b);
	lb_store_close(s);
}

static void what_is_no_image_is_refused(void **state)
{
	(void)state;
	struct lb_store *s = memory();
	static const char *const texts[] = { "one" };
	struct lb_image_ref ref;
	struct lb_base_image *b;
	struct lb_err err;
	struct lb_digest nothing = lb_digest_of("", 0);
	assert_int_equal(lb_base_from_image(s, &nothing, NULL, "x", &b, &err), LB_NOT_FOUND);
	assert_int_equal(sample_image(s, texts, 1, &ref), 0);
	lb_autoimage struct lb_image im;
	assert_int_equal(lb_image_read(s, &ref.manifest, NULL, &im, NULL), 0);
	assert_int_equal(lb_store_delete_blob(s, &im.layers[0].blob, NULL), 0);
	assert_int_equal(lb_base_from_image(s, &ref.manifest, NULL, "x", &b, &err), LB_NOT_FOUND);
	assert_non_null(strstr(err.text, "base x: layer 1"));
	lb_store_close(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_files_and_identity),
		cmocka_unit_test(the_whole_configuration_is_inherited),
		cmocka_unit_test(what_is_no_image_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
