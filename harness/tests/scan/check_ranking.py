#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_ranking.py DIR SCAN.json: what `lbench scan DIR --format json` printed against DIR/expected.json: every figure,
and the order."""
import json
import math
import pathlib
import sys

expected = json.loads((pathlib.Path(sys.argv[1]) / "expected.json").read_text())
rows = json.loads(pathlib.Path(sys.argv[2]).read_text())["rows"]
faults = []
by_path = {r["path"]: r for r in rows}
for want in expected:
    got = by_path.get(want["path"])
    if not got:
        faults.append(f"{want['path']}: no row")
    elif got["message"]:
        faults.append(f"{want['path']}: {got['message']}")
    else:
        for key in ("wasted_month", "wasted_seconds_month"):
            if not math.isclose(got[key], want[key], rel_tol=1e-9, abs_tol=1e-9):
                faults.append(f"{want['path']} ({want['shape']}): {key} {got[key]}, expected {want[key]}")
if len(rows) != len(expected):
    faults.append(f"{len(rows)} rows, expected {len(expected)}")
# places may be exchanged only where the expected waste is the same
for got, want in zip(rows, expected):
    there = by_path[want["path"]]
    if got["path"] != want["path"] and not math.isclose(got.get("wasted_seconds_month") or 0, there.get("wasted_seconds_month") or 0, rel_tol=1e-9):
        faults.append(f"rank {got['rank']}: {got['path']}, expected {want['path']}")
print("\n".join(faults[:20]) if faults else f"{len(rows)} of {len(rows)} as expected")
sys.exit(bool(faults))
