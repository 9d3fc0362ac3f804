# SPDX-License-Identifier: Apache-2.0
"""nights.py DIR SCENARIOS NIGHTS: synthetic nightly results with known changes.

Variant a: exact; COPY moves up on night 20 and back on night 23; one night alone (30) is different. Under exec
(variant b's run mode in the second policy) seconds have 3 % noise, a step of 10 % on night NIGHTS/2, and a spike.
Pushed bytes wander by 1 %. The last scenario has nothing but noise."""
import datetime
import json
import os
import random
import sys

root, scenarios, nights = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(14)
HEAD = ("build_id,scenario,variant,subject,policy,builder,platform,run_mode,workload,edit,seq,repeat,status,steps,hits,misses,meta,skipped,"
        "unknown,wasted,stale,run_ns,wasted_run_ns,bytes_stored,bytes_pushed,message\n")
edits = [("source", 9), ("deps", 1), ("readme", None)]


def rows(k, night, quiet):
    n = 0
    for variant, policy, mode in (("a", "buildkit@0.25", "model"), ("b", "buildkit@0.25", "model"), ("b", "classic@28.5", "exec")):
        for edit, _ in [("cold", None)] + edits:
            lost = not quiet and variant == "a" and edit == "source" and (20 <= night < 23 or night == 30)
            misses = 5 if edit == "cold" else 3 if lost or edit == "deps" else 1
            run = {"cold": 30.0, "source": 21.4 if lost else 1.0, "deps": 21.4, "readme": 1.0}[edit]
            if mode == "exec":
                run *= rng.lognormvariate(0, 0.03) * (1.1 if not quiet and night >= nights // 2 else 1) * (4 if not quiet and night == 10 else 1)
            pushed = int(1e6 * misses * rng.lognormvariate(0, 0.01))
            yield f"{n},s{k},{variant},builtin,{policy},warm,,{mode},each,{edit},0,0,ok,6,{5 - misses},{misses},1,0,0,0,0,{int(run * 1e9)},0,0,{pushed},\n"
            n += 1


for k in range(scenarios):
    for night in range(nights):
        started = datetime.datetime(2026, 1, 1, 2, 30) + datetime.timedelta(days=night)
        path = f"{root}/s{k}/{started:%Y%m%d}"
        os.makedirs(path)
        run = {"schema": 1, "run_id": f"r{night}", "started": f"{started:%Y-%m-%dT%H:%M:%SZ}", "status": "done",
               "tool": {"version": "0.1.0", "commit": "c0ffee00"}, "project": {"commit": f"{night:04x}" + "0" * 36, "date": 1},
               "scenario": {"name": f"s{k}", "digest": "d"},
               "options": {"repeat": 1, "run_mode": "model", "policies": [{"name": "buildkit@0.25"}, {"name": "classic@28.5"}]},
               "variants": [{"name": "a"}, {"name": "b"}], "edits": [{"name": e, "weight": w} for e, w in edits]}
        with open(path + "/run.json", "w") as f:
            json.dump(run, f)
        with open(path + "/builds.csv", "w") as f:
            f.write(HEAD)
            f.writelines(rows(k, night, k == scenarios - 1))
