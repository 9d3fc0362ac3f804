#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""marked.py RESULT…: a build that has an unknown step, or a RUN without seconds, has no totals that would need them."""
import csv
import pathlib
import sys

for result in map(pathlib.Path, sys.argv[1:]):
    steps = {}
    with open(result / "steps.csv", newline="") as f:
        for s in csv.DictReader(f, strict=True):
            steps.setdefault(s["build_id"], []).append(s)
    with open(result / "builds.csv", newline="") as f:
        for b in csv.DictReader(f, strict=True):
            mine = steps[b["build_id"]]
            runs = [s for s in mine if s["instruction"].startswith("RUN")]
            open_run = any(s["outcome"] == "unknown" or (s["outcome"] == "miss" and not s["run_ns"]) for s in runs)
            open_bytes = any(s["outcome"] == "unknown" or (s["outcome"] == "miss" and not s["layer_bytes"]) for s in mine)
            where = f"{result} {b['edit']} {b['builder']}"
            if open_run and (b["run_ns"] or b["total_ns"]):
                print(f"{where}: RUN seconds that nobody knows, and a total")
            if open_bytes and (b["bytes_stored"] or b["bytes_pushed"] or b["image_bytes"] or b["image_digest"]):
                print(f"{where}: bytes that nobody knows, and a total")
            if int(b["unknown"]) != sum(s["outcome"] == "unknown" for s in mine):
                print(f"{where}: unknown steps are counted wrongly")
print("marked")
