#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench_runs.py LBENCH FLOOR [DIR]

Whole-process figures of lbench as ratios within one run: the two sides in turn, the median of the ratios, CPU
beside wall time. DIR (default: a temporary directory) holds what is made for it.

  no-op     a rebuild of a 50,000-file context that changed nothing, against a plain walk with fstatat
  dry       builds a second of python-app under dry, plan and rows included, on one processor
  long      a no-op of 200 instructions against one of 10
  old       a no-op after 10,000 earlier builds in the store against one after 10
"""
import csv
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LBENCH, FLOOR = map(os.path.abspath, sys.argv[1:3])


def timed(argv, cwd=None, pin=False):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    setup = (lambda: os.sched_setaffinity(0, {0})) if pin else None
    subprocess.run(argv, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=setup)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name, a, b, rounds, bar):
    """a and b are callables that give (wall, cpu)."""
    a(), b()
    pairs = [(a(), b()) for _ in range(rounds)]
    wall = statistics.median(x[0] / y[0] for x, y in pairs)
    cpu = statistics.median(x[1] / max(y[1], 1e-4) for x, y in pairs)
    left = statistics.median(x[0] for x, _ in pairs)
    right = statistics.median(y[0] for _, y in pairs)
    print(f"{name:8} {left:8.4f} s against {right:8.4f} s   wall {wall:5.2f}x   cpu {cpu:5.2f}x   bar {bar}")


def make_context(path, files=50000):
    if os.path.exists(path):
        return
    r = random.Random(1)
    for d in range(files // 100):
        folder = f"{path}/app/d{d:03}"
        os.makedirs(folder)
        for i in range(100):
            size = r.randint(4000, 16000)
            with open(f"{folder}/f{i:03}.py", "wb") as f:
                f.write(r.randbytes(size * 3 // 10) + b"x = 1  # padding\n" * (size * 7 // 170))
    with open(path + "/Dockerfile", "w") as f:
        f.write("FROM scratch\nWORKDIR /srv\nCOPY . .\nCMD [\"/srv/run\"]\n")


def make_long(path, instructions):
    os.makedirs(path, exist_ok=True)
    with open(path + "/Dockerfile", "w") as f:
        f.write("FROM scratch\n" + "".join(f"COPY Dockerfile /d{i}\n" if i % 2 else f"WORKDIR /w{i}\n" for i in range(instructions - 1)))


def build(context, store, tag="x", extra=()):
    return timed([LBENCH, "build", context, "-t", tag, "--store", store, *extra])


def no_op(work):
    context, store = work + "/context", work + "/store"
    make_context(context)
    for _ in range(2):
        build(context, store)
    compare("no-op", lambda: build(context, store), lambda: timed([FLOOR, "walk", context]), 9, "1.5")


def dry(work):
    out = work + "/dry"
    argv = [LBENCH, "run", "--run", "dry", "--no-plots", "--quiet", "--jobs", "1", "--builder", "warm", "--repeat", "40", "--out", out,
            "--keep", "1", "--format", "json", ROOT + "/scenarios/python-app"]
    timed(argv, pin=True)
    walls = [timed(argv, pin=True)[0] for _ in range(5)]
    with open(out + "/python-app/latest/builds.csv", newline="") as f:
        builds = sum(1 for _ in csv.DictReader(f))
    print(f"dry      {builds / statistics.median(walls):8.0f} builds a second ({builds} builds, one processor)   bar 10000")


def long(work):
    store = work + "/long-store"
    for n in (10, 200):
        make_long(f"{work}/long{n}", n)
        build(f"{work}/long{n}", store, f"long{n}")
    time.sleep(0.2)  # of a directory that was written to just now everything is looked at
    for n in (10, 200) * 2:
        build(f"{work}/long{n}", store, f"long{n}")
    compare("long", lambda: build(work + "/long200", store, "long200"), lambda: build(work + "/long10", store, "long10"), 101, "1.2")


def old(work):
    """Each earlier build is of another content, so that each leaves records and a layer of its own."""
    context = work + "/changing"
    for count in (10, 10000):
        store = f"{work}/old{count}"
        if os.path.exists(store):
            continue
        make_long(context, 9)
        with open(context + "/Dockerfile", "a") as f:
            f.write("COPY counter /counter\n")
        for i in range(count):
            with open(context + "/counter", "w") as f:
                f.write(f"{i}\n")
            build(context, store)
    compare("old", lambda: build(context, work + "/old10000"), lambda: build(context, work + "/old10"), 15, "1.2")


def main():
    work = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="lbench-bench-")
    for bench in (no_op, dry, long, old):
        bench(work)
    if len(sys.argv) <= 3:
        shutil.rmtree(work)


main()
