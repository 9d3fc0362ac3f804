/* SPDX-License-Identifier: Apache-2.0
 *
 * The columns of builds.csv.
 */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdbool.h>

enum build_text {
	BT_ID,
	BT_SCENARIO,
	BT_VARIANT,
	BT_SUBJECT,
	BT_POLICY,
	BT_BUILDER,
	BT_PLATFORM,
	BT_RUN_MODE,
	BT_COMPRESSION,
	BT_REMOTE,
	BT_WORKLOAD,
	BT_EDIT,
	BT_STATUS,
	BT_IMAGE_DIGEST,
	BT_MESSAGE,
	BT_COUNT,
};
enum build_number {
	BN_SEQ,
	BN_REPEAT,
	BN_STARTED_ORDER,
	BN_STEPS,
	BN_HITS,
	BN_MISSES,
	BN_META,
	BN_SKIPPED,
	BN_UNKNOWN,
	BN_WASTED,
	BN_STALE,
	BN_ENGINE_NS,
	BN_RUN_NS,
	BN_WASTED_RUN_NS,
	BN_PUSH_NS,
	BN_PULL_NS,
	BN_TOTAL_NS,
	BN_CPU_NS,
	BN_PEAK_RSS,
	BN_CONTEXT_FILES,
	BN_CONTEXT_BYTES,
	BN_LAYERS,
	BN_LAYERS_NEW,
	BN_STORED,
	BN_PUSHED,
	BN_RETIMED,
	BN_WIRE,
	BN_PULLED,
	BN_CACHE_EXPORT,
	BN_CACHE_IMPORT,
	BN_IMAGE_BYTES,
	BN_SHARED_BYTES,
	BN_RUN_USER_NS,
	BN_RUN_SYSTEM_NS,
	BN_RUN_PEAK_RSS,
	BN_RUN_READ,
	BN_RUN_WRITTEN,
	BN_COUNT,
};
struct build_column {
	const char *name;
	bool number;
	int index; /* enum build_text or build_number */
	bool required;
};
extern const struct build_column report_build_columns[BT_COUNT + BN_COUNT]; /* in the order of the file */

#endif
