/* SPDX-License-Identifier: Apache-2.0
 *
 * The columns of the two tables, in order. Readers look them up by name.
 */
#ifndef HARNESS_COLUMNS_H
#define HARNESS_COLUMNS_H

#define BUILD_COLUMNS \
	"build_id,scenario,variant,subject,policy,builder,platform,run_mode,compression,remote,workload,edit,seq,repeat," \
	"started_order,status,steps,hits,misses,meta,skipped,unknown,wasted,stale,engine_ns,run_ns,wasted_run_ns,push_ns," \
	"pull_ns,total_ns,cpu_ns,peak_rss_bytes,context_files,context_bytes,layers,layers_new,bytes_stored,bytes_pushed," \
	"bytes_retimed,bytes_wire,bytes_pulled,cache_export_bytes,cache_import_bytes,image_bytes,shared_bytes,image_digest,message," \
	"run_user_ns,run_system_ns,run_peak_rss_bytes,run_read_bytes,run_written_bytes"
#define BUILD_COLUMNS_COUNT 52

#define STEP_COLUMNS \
	"build_id,scenario,variant,subject,policy,builder,run_mode,workload,edit,seq,repeat,stage,step,line,instruction,trigger," \
	"outcome,needed,stale,reason,evidence,cache_key,diff_id,layer_bytes,blob_digest,blob_bytes,engine_ns,run_ns,model_source," \
	"extrapolated"
#define STEP_COLUMNS_COUNT 30

#endif
