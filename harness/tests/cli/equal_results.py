#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""equal_results.py A B…: are the tables of these results equal, but for times, memory and the order of work?
Prints the first difference of each table, and exits 1 if there is one."""
import csv
import sys

VARIES = {"started_order", "engine_ns", "push_ns", "pull_ns", "total_ns", "cpu_ns", "peak_rss_bytes",
          "run_user_ns", "run_system_ns", "run_peak_rss_bytes", "run_read_bytes", "run_written_bytes"}


def table(path):
    with open(path, newline="") as f:
        return [{k: v for k, v in row.items() if k not in VARIES} for row in csv.DictReader(f, strict=True)]


def compare(name, a, b):
    first, second = table(f"{a}/{name}"), table(f"{b}/{name}")
    if len(first) != len(second):
        return f"{name}: {len(first)} rows in {a}, {len(second)} in {b}"
    for n, (x, y) in enumerate(zip(first, second), 2):
        if x != y:
            column = next(k for k in x if x[k] != y[k])
            return f"{name}:{n}: {column} is '{x[column]}' in {a} and '{y[column]}' in {b}"
    return None


faults = [f for other in sys.argv[2:] for name in ("builds.csv", "steps.csv") if (f := compare(name, sys.argv[1], other))]
print("\n".join(faults) if faults else f"{len(sys.argv) - 1} results are equal")
sys.exit(1 if faults else 0)
