/* SPDX-License-Identifier: Apache-2.0 */
#include "warmup.h"

#include <fcntl.h>
#include <stdlib.h>

#include "lbench/fs.h"

static int round_trip(const struct measure_options *m, const struct scn_plan *plan, const char *dir, struct lb_err *err)
{
	struct prepared *prepared = NULL;
	struct record *record = NULL;
	struct measure_totals totals = { 0 };
	int rc = measure_prepare(m, plan, &prepared, err);
	if (!rc)
		rc = record_open(dir, m->run, &record, err);
	if (!rc)
		rc = measure_run(prepared, record, &totals, err);
	record_free(record);
	measure_free(prepared);
	return rc;
}

int warm_up(const struct run_options *o, const struct measure_options *m, unsigned rounds, struct lb_err *err)
{
	struct run_options once = *o;
	struct measure_options quiet = *m;
	struct scn_plan plan = { 0 };
	lb_autofree char *dir = NULL;
	once.repeat = 1;
	quiet.progress = NULL;
	quiet.running = NULL;
	quiet.until_stable = 0;
	quiet.resume = NULL;
	quiet.remote = m->remote ? "memory:" : NULL;
	int rc = run_options_plan(&once, m->scenario, &plan, err);
	if (!rc)
		rc = lb_fs_mkdtemp(NULL, "lbench-", &dir, err);
	for (unsigned i = 0; i < rounds && !rc; i++) {
		lb_autofree char *out = lb_format("%s/%u", dir, i);
		rc = round_trip(&quiet, &plan, out, err);
	}
	if (dir)
		lb_fs_remove(AT_FDCWD, dir, NULL);
	scn_plan_release(&plan);
	return rc;
}
