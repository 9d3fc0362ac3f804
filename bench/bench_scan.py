#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench_scan.py LBENCH [COUNT]

`lbench scan` over COUNT (300) generated projects with git histories of 5 to 60 commits, on two processors: seconds of wall
and CPU time, and whether every figure and the ranking are those known by construction.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent / "harness/tests/scan"
LBENCH, COUNT = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "300"

with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, TESTS / "make_projects.py", "many", COUNT], cwd=work, check=True)
    for jobs in ("1", "2"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        out = subprocess.run([LBENCH, "scan", "many", "-j", jobs, "--format", "json"], cwd=work, check=True, capture_output=True).stdout
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{COUNT} projects, --jobs {jobs}: {wall:.2f} s wall, {cpu:.2f} s CPU")
    pathlib.Path(work, "scan.json").write_bytes(out)
    sys.exit(subprocess.run([sys.executable, TESTS / "check_ranking.py", "many", "scan.json"], cwd=work).returncode)
