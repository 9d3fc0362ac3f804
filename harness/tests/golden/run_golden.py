#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_golden.py LBENCH SOURCE SCENARIO: the exact columns of a shipped scenario's result against results/golden/SCENARIO.

Exact is what holds on every machine: decisions, reasons, counts, sizes and digests of uncompressed layers, modelled
seconds. Times, memory and compressed bytes are left out; where commands were carried out, so are the layers' digests and
sizes, which follow from the programs in the base. LBENCH_REWRITE=1 writes the golden files anew."""
import csv
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

BUILDS = ("build_id variant policy builder run_mode workload edit seq status steps hits misses meta skipped unknown wasted stale "
          "run_ns wasted_run_ns context_files context_bytes layers layers_new message").split()
STEPS = "build_id stage step line outcome needed stale reason evidence diff_id layer_bytes run_ns".split()
TABLES = {"builds.csv": BUILDS, "alone.csv": BUILDS, "steps.csv": STEPS}
MEASURED = ("run_ns", "wasted_run_ns", "diff_id", "layer_bytes")
SHOWN = 40


def reduced(path, columns, source):
    rows = []
    with open(path, newline="") as f:
        for row in csv.DictReader(f, strict=True):
            if row["run_mode"] == "exec":
                row.update({c: "" for c in MEASURED if c in row})
            row["diff_id"] = row.get("diff_id", "")[7:23]
            row["message"] = row.get("message", "").replace(source + "/", "")
            rows.append([row[c] for c in columns])
    return rows


def text_of(columns, rows):
    lines = [",".join(columns)]
    for row in rows:
        lines.append(",".join('"' + c.replace('"', '""') + '"' if set(c) & set(',"\r\n') else c for c in row))
    return [line + "\n" for line in lines]


def main():
    lbench, source, name = sys.argv[1:]
    golden = pathlib.Path(source, "results", "golden", name)
    status = 0
    with tempfile.TemporaryDirectory() as out:
        command = [lbench, "run", "--quiet", "--no-plots", "--format", "csv", "--out", out, f"scenarios/{name}"]
        done = subprocess.run(command, cwd=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 69 and os.environ.get("LBENCH_MUST_RUN") != "1":
            print("skipped:", done.stderr.strip())
            return 77
        if done.returncode:
            print(done.stderr, end="")
            return 1
        for table, columns in TABLES.items():
            made = pathlib.Path(out, name, "latest", table)
            if not made.exists() and not (golden / table).exists():
                continue
            now = text_of(columns, reduced(made, columns, source)) if made.exists() else []
            if os.environ.get("LBENCH_REWRITE") == "1":
                golden.mkdir(parents=True, exist_ok=True)
                (golden / table).write_text("".join(now))
                continue
            was = (golden / table).read_text().splitlines(True) if (golden / table).exists() else []
            diff = list(difflib.unified_diff(was, now, f"golden/{name}/{table}", "now", n=0)) if was != now else []
            sys.stdout.writelines(diff[:SHOWN])
            if diff:
                print(f"… {len(diff)} lines of difference in {table}" if len(diff) > SHOWN else f"{table} differs")
                status = 1
    if status:
        print("right? then LBENCH_REWRITE=1 ctest -L golden writes it anew")
    return status


sys.exit(main())
