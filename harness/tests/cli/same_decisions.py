#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""same_decisions.py A B: do two results decide every step alike? Prints how many, or the first that differ."""
import csv
import pathlib
import sys

WHERE = ["variant", "policy", "builder", "workload", "edit", "seq", "stage", "step", "line", "instruction"]
WHAT = ["outcome", "reason"]


def decisions(result):
    path = next(pathlib.Path(result).rglob("steps.csv"))
    with open(path, newline="") as f:
        return {tuple(r[c] for c in WHERE): tuple(r[c] for c in WHAT) for r in csv.DictReader(f)}


a, b = decisions(sys.argv[1]), decisions(sys.argv[2])
different = [k for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
for k in different[:10]:
    print(*k, a.get(k), b.get(k))
if not different:
    print(f"{len(a)} steps decided alike" if len(sys.argv) < 4 else "decided alike")
sys.exit(bool(different))
