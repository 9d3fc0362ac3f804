#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_projects.py DIR COUNT [SEED]

Projects with git histories whose waste is known by construction: DIR/…, and DIR/expected.json with what each wastes in a
month. Every commit is of one kind (a source, a manifest, the README, a document that .dockerignore leaves out, the
Dockerfile, files of several kinds, or another project of the same repository); what it re-runs for nothing follows from
the shape, and is counted here without a cache: a RUN is wasted on the commits that reach it and change nothing that it
depends on.
"""
import json
import pathlib
import random
import subprocess
import sys

DAY = 86400
BEGIN = 1_600_000_000
INSTALL, BUILD = "RUN npm ci", "RUN npm run build"

# shape: Dockerfile, .dockerignore, what reaches each RUN, what it depends on. Kinds of files: s(ource) m(anifest) r(eadme)
# d(ocument, ignored) f (the Dockerfile) g (.git, changed by every commit)
SHAPES = {
    "copy-first": ("FROM node:20\nWORKDIR /app\nCOPY . .\n" + INSTALL + "\n" + BUILD + "\n", "docs\n.git\n",
                   {INSTALL: ("smrf", "m"), BUILD: ("smrf", "sm")}),
    "deps-first": ("FROM node:20\nWORKDIR /app\nCOPY package.json ./\n" + INSTALL + "\nCOPY . .\n" + BUILD + "\n", "docs\n.git\n",
                   {INSTALL: ("m", "m"), BUILD: ("smrf", "sm")}),
    "tight": ("FROM node:20\nWORKDIR /app\nCOPY package.json ./\n" + INSTALL + "\nCOPY src src\n" + BUILD + "\n", ".git\n",
              {INSTALL: ("m", "m"), BUILD: ("sm", "sm")}),
    "git-sent": ("FROM node:20\nWORKDIR /app\nCOPY package.json ./\n" + INSTALL + "\nCOPY . .\n" + BUILD + "\n", "docs\n",
                 {INSTALL: ("m", "m"), BUILD: ("smrfdg", "sm")}),
    "stages": ("FROM node:20 AS deps\nWORKDIR /app\nCOPY . .\n" + INSTALL + "\nFROM node:20 AS build\nWORKDIR /app\nCOPY src src\n"
               + BUILD + "\nFROM node:20\nCOPY --from=deps /app /app\nCOPY --from=build /app /app\n", "docs\nREADME.md\n.git\n",
               {INSTALL: ("smf", "m"), BUILD: ("s", "s")}),
}
FILES = {"s": ["src/a.js", "src/b/c.js", "src/new.js"], "m": ["package.json"], "r": ["README.md"], "d": ["docs/one.md", "docs/two.md"],
         "f": ["Dockerfile"], "x": ["../other/file.txt"]}
KINDS = ["s", "s", "s", "s", "m", "r", "d", "f", "sm", "sr", "sd", "rd", "x"]


class Repository:
    """A stream for git fast-import."""

    def __init__(self, path):
        self.path, self.out, self.serial = path, [], 0

    def commit(self, when, files):
        self.out.append(f"commit refs/heads/main\ncommitter t <t@example.org> {when} +0000\ndata 1\nm\n")
        for name, text in files:
            self.out.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")

    def write(self):
        self.path.mkdir(parents=True)
        git = ["git", "-C", str(self.path)]
        subprocess.run(git + ["init", "-q", "-b", "main"], check=True)
        subprocess.run(git + ["fast-import", "--quiet"], input="".join(self.out).encode(), check=True)
        subprocess.run(git + ["reset", "-q", "--hard"], check=True)


def content(name, serial):
    return json.dumps({"name": "x", "version": f"1.0.{serial}"}) + "\n" if name.endswith(".json") else f"// {name} {serial}\n"


def first_files(shape, install, build):
    dockerfile, ignore, runs = SHAPES[shape]
    depends = {"s": "src/**", "m": "package.json"}
    yaml = "run:\n"
    for run, (_, needs) in runs.items():
        seconds = install if run == INSTALL else build
        takes = f", takes: {{ cold: {seconds}s }}" if seconds else ""
        yaml += f"  - {{ match: \"{run}\", depends-on: [{', '.join(depends[k] for k in needs)}]{takes} }}\n"
    files = [("Dockerfile", dockerfile), (".dockerignore", ignore), ("lbench.yaml", yaml)]
    return files + [(n, content(n, 0)) for k in "smrd" for n in FILES[k] if n != "src/new.js"]


def waste(shape, kinds, install, build):
    """Wasted RUNs and seconds of the commits, by hand."""
    runs, seconds = 0, 0
    for touched in kinds:
        if "x" in touched:
            continue
        for run, (reach, needs) in SHAPES[shape][2].items():
            if set(touched + "g") & set(reach) and not set(touched) & set(needs):
                runs += 1
                seconds += install if run == INSTALL else build
    return runs, seconds


def main():
    root, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    expected = []
    root.mkdir(parents=True)
    for i in range(count):
        shape = sorted(SHAPES)[i % len(SHAPES)]
        commits = rng.randint(5, 60)
        days = rng.choice([3, 20, 45, 400])
        install, build = rng.randint(5, 90), rng.randint(1, 40)
        below = rng.choice(["", "services/api"]) if shape != "git-sent" else ""
        docker = rng.choice(["", "docker/"]) if not below else ""
        repo = Repository(root / f"p{i:03d}")
        prefix = below + "/" if below else ""
        files = [(docker + n if n == "Dockerfile" else n, t) for n, t in first_files(shape, install, build)]
        repo.commit(BEGIN, [(prefix + n, t) for n, t in files] + [("other/file.txt", "0\n")])
        kinds = []
        for c in range(commits):
            kind = rng.choice(KINDS)
            if kind == "x" and not below:
                kind = "d"
            if c == 0:
                kind = "s"
            kinds.append(kind)
            when = BEGIN + days * DAY * (c + 1) // commits
            touched = []
            for k in kind:
                name = rng.choice(FILES[k])
                text = content(name, c + 1) if k != "f" else files[0][1] + f"# {c}\n"
                where = "other/file.txt" if k == "x" else prefix + (docker + name if k == "f" else name)
                touched.append((where, text))
            repo.commit(when, touched)
        repo.write()
        runs, seconds = waste(shape, kinds, install, build)
        month = (commits + 1) * 30 / max(days, 30)
        expected.append({"path": str(repo.path / prefix / docker / "Dockerfile"), "shape": shape,
                         "wasted_month": runs / (commits + 1) * month, "wasted_seconds_month": seconds / (commits + 1) * month})
    expected.sort(key=lambda r: (-round(r["wasted_seconds_month"], 9), -round(r["wasted_month"], 9), r["path"]))
    (root / "expected.json").write_text(json.dumps(expected, indent=1))


main()
