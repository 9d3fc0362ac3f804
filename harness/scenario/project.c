/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lbench/fs.h"
#include "scenario/load.h"

int scn_load_project_variants(struct scn_loader *l)
{
	(void)l;
	return 0;
}
int scn_load_project_edits(struct scn_loader *l)
{
	(void)l;
	return 0;
}
