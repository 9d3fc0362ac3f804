/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "measure/prepare.h"

struct pulled {
	pthread_mutex_t lock;
	struct lb_map *images; /* base, platform -> struct lb_base_image */
	char *fault;           /* of the last pulled_find that found nothing; NULL */
};

static void free_image(void *image)
{
	lb_base_image_free(image);
}

struct pulled *pulled_new(void)
{
	struct pulled *p = lb_calloc(1, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	p->images = lb_map_new(free_image);
	return p;
}

void pulled_free(struct pulled *p)
{
	if (!p)
		return;
	lb_map_free(p->images);
	pthread_mutex_destroy(&p->lock);
	free(p->fault);
	free(p);
}

struct lb_base_image *pulled_get(struct pulled *p, const struct scn_base *base, const char *platform, struct lb_store *store,
				 struct lb_err *err)
{
	lb_autofree char *key = lb_format("%p %s", (const void *)base, platform ? platform : "linux/amd64");
	pthread_mutex_lock(&p->lock);
	struct lb_base_image *image = lb_map_get(p->images, key);
	if (!image && bases_from_scenario(base, platform, store, &image, err) == 0)
		lb_map_set(p->images, key, image);
	pthread_mutex_unlock(&p->lock);
	return image;
}

struct lb_base_image *pulled_find(struct pulled *p, const struct scn_base *base, const char *platform, struct lb_store *store)
{
	struct lb_err err;
	struct lb_base_image *image = pulled_get(p, base, platform, store, &err);
	if (image)
		return image;
	pthread_mutex_lock(&p->lock);
	free(p->fault);
	p->fault = lb_strdup(err.text);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

char *pulled_take_fault(struct pulled *p)
{
	pthread_mutex_lock(&p->lock);
	char *fault = lb_steal(&p->fault);
	pthread_mutex_unlock(&p->lock);
	return fault;
}
