/* SPDX-License-Identifier: Apache-2.0
 *
 * A result directory while it is written: builds.csv, steps.csv, run.json, inputs/; `latest` beside it is
 * moved when the first row is there, and old results are dropped at the end. Rows may be made by several
 * threads into buffers of their own; they are written in plan order by one. Where variants share a scope,
 * alone.csv has the builds (columns of builds.csv) as they are when each variant has one of its own.
 *
 * Who writes a result holds a lock on its builds.csv: nobody else goes on with it, and no other run drops it.
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include "lbench/build.h"
#include "record/csv.h"
#include "scenario/scenario.h"

/* What decides beside the texts, so that a later reader can tell what moved. */
struct record_base {
	char *name;
	struct lb_digest digest;
	bool known;                  /* false: a name and nothing else */
};
struct record_bases {
	struct record_base *items;
	size_t count, cap;
};
enum { RECORD_FILES_MAX = 20 };
struct record_edit {
	struct lb_strv files;        /* of the context: what it changes, from the first state on where it does; the first few */
	size_t files_count;          /* all */
	struct record_bases bases;   /* that it moves, as they are after it */
};
struct record_pins {
	struct record_bases *variants; /* by index: what each FROM that is needed stands for */
	struct record_edit *edits;
	size_t variants_count, edits_count;
	struct lb_strv warnings;     /* "Dockerfile:1: …", of bases that are for another platform */
};

/* What measured times rest on. */
struct record_measured {
	double stable_wanted;        /* --until-stable, in per cent; 0: not asked for */
	unsigned stable_most;        /* repeats at most */
	bool stable;                 /* the 95 % interval of the median of every build's RUN seconds is narrower than that */
	double widest;               /* in per cent of its median */
	const char *widest_build;    /* "copy-first after source"; NULL: no seconds were measured */
	size_t floor_count;          /* RUNs that do nothing, between the others; 0: none */
	double floor_ns, floor_low_ns, floor_high_ns; /* median and its 95 % interval */
};

/* What is told of a run as a whole. Pointers are borrowed for the run's life. */
struct record_run {
	const struct scenario *scenario;
	const struct lb_policy *const *policies;
	size_t policies_count;
	const enum lb_builder_kind *builders;
	size_t builders_count;
	const bool *variants_used, *edits_used; /* by index */
	enum lb_run_mode mode;
	enum lb_compression compression;
	const char *remote;          /* "memory", "oci" */
	unsigned jobs, repeat;
	double until_stable;         /* per cent; 0: not asked for */
	const struct record_measured *measured; /* NULL: not yet, or nothing was measured */
	bool null_subject;           /* nothing is built: the harness measures itself */
	bool builtin;                /* the built-in engine builds too, beside engines */
	const struct record_engine *engines;
	size_t engines_count;
	bool alone;                  /* there are builds for alone.csv */
	const char *started;         /* RFC 3339, UTC */
	const char *run_id;
	const char *tool_version, *tool_commit;
	const char *commit;          /* of the repository that the scenario lies in, as the run began; NULL: it lies in none */
	int64_t commit_time;
	const struct lb_strv *unknowns, *warnings;
	const struct record_pins *pins; /* NULL: not known */
	/* what --resume needs to do the same again */
	const char *directory;       /* the working directory */
	const char *operand;         /* the scenario as given */
	const struct lb_strv *arguments;
	const struct lb_strv *resumed; /* when it was gone on with, RFC 3339; NULL: never */
};

/* A real engine that carries builds out, as the rows say it. */
struct record_engine {
	const char *subject, *version, *title; /* "docker", "20.10.24+dfsg1", "docker 20.10.24+dfsg1 (BuildKit)" */
	const char *rules;                     /* what stands as policy */
	const char *held_against;              /* the policy whose predictions it is held against */
};

/* What a real engine gave. */
struct record_observed {
	const char *subject;
	bool wasted_known, image_known;
	uint64_t total_ns, cpu_ns, peak_rss_bytes, image_bytes;
	struct lb_digest image;
	uint32_t layers, layers_new;
};

/* One build's row but for what lb_build gave. */
struct record_row {
	size_t build_id;
	const char *variant, *policy, *builder, *workload, *edit;
	uint64_t seq;
	unsigned repeat;
	uint64_t started_order;
	const char *status;          /* ok fail skip */
	const char *message;         /* NULL */
	const struct lb_build_result *result; /* NULL: nothing was built */
	uint64_t engine_ns, push_ns, cpu_ns;
	uint64_t null_run_ns;        /* of the null subject's RUN, under exec */
	uint64_t peak_rss_bytes;     /* 0: unknown */
	struct lb_exec_costs runs;   /* under exec */
	/* of a real engine, whose counts are in result too; NULL: the built-in one */
	const struct record_observed *observed;
};

struct record;
/* Makes OUT/<scenario>/<run-id>/. LB_CANTCREAT. */
int record_open(const char *out_dir, const struct record_run *run, struct record **out, struct lb_err *err);
/* Opens the result in dir, which was not finished, to go on with it. LB_INVALID when somebody still writes it. */
int record_reopen(const char *dir, const struct record_run *run, struct record **out, struct lb_err *err);
/* Where the files of a reopened result are cut off, so that rows go on from there. */
struct record_cut {
	uint64_t builds, alone, steps; /* bytes */
};
int record_cut(struct record *r, const struct record_cut *at, struct lb_err *err);
const char *record_dir(const struct record *r); /* borrowed */
/* The rows as text, for threads: buffers grow, nothing is written. */
void record_format_build(const struct record_run *run, const struct record_row *row, struct lb_buf *out);
void record_format_step(const struct record_run *run, const struct record_row *row, const struct lb_step_row *step, uint64_t engine_ns,
                        struct lb_buf *out);
/* Writes the rows of one build; of one that is alone, the build's only, into alone.csv. */
int record_write(struct record *r, bool alone, const struct lb_buf *build_row, const struct lb_buf *step_rows, struct lb_err *err);
/* status: "done", "interrupted". Writes run.json anew, keeps the newest `keep` results and those still written. */
int record_close(struct record *r, const char *status, unsigned keep, struct lb_err *err);
void record_free(struct record *r); /* NULL is fine; leaves what is written */

#endif
