#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""man.py LBENCH PAGE

The man page: what is written here, with the commands and options that the program's own help lists. Compares it with
PAGE (docs/lbench.1), exit 1 when they differ; with LBENCH_REWRITE=1 writes PAGE.
"""
import difflib
import os
import re
import subprocess
import sys

LBENCH, PAGE = sys.argv[1:3]

HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Written by docs/man.py from the program's help.
.TH LBENCH 1 "2026-11-25" "lbench" "User Commands"
.SH NAME
lbench \- what the layer cache of container image builds costs, and why
.SH SYNOPSIS
.B lbench
.I COMMAND
.RI [ OPTION ...]
.RI [ OPERAND ...]
.SH DESCRIPTION
An image is a stack of layers, and an engine reuses a layer when the instruction and what it depends on are unchanged.
The order of instructions therefore decides what a commit costs.
.B lbench
builds the variants of a Dockerfile after every edit with a layer engine of its own, by the cache rules of a real one,
and says which lines run again for nothing, which ordering is cheapest, why a step missed, and what a commit costs in
seconds and bytes.
.PP
A
.I SCENARIO
is a directory with
.IR scenario.yaml ,
or any project with a Dockerfile (and, if there is one, a short
.IR lbench.yaml ).
A
.I RESULT
is the directory that a run leaves:
.I results/NAME/RUN-ID
or
.IR results/NAME/latest .
Results go to standard output, everything else to standard error.
"""

TAIL = r""".SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
A regression, a broken expectation or a disagreement was found.
.TP
.B 2
A build failed: a RUN exited with another code than 0, or a step failed after an edit.
.TP
.B 64
The command line is wrong.
.TP
.B 65
The input is bad: a scenario, a Dockerfile, a result.
.TP
.B 69
Something that is needed is not here: a sandbox, a program, a revision.
.TP
.B 70
A fault of lbench itself.
.TP
.B 73, 74
Something cannot be created; reading or writing failed.
.TP
.B 130
Interrupted. What was finished is in the result, and
.B lbench run \-\-resume
does the rest.
.SH ENVIRONMENT
.TP
.B NO_COLOR
No colour when it is set and not empty.
.TP
.B TERM
No colour and no progress bar when it is
.BR dumb .
.SH FILES
.TP
.I results/NAME/RUN-ID/
.IR builds.csv " (a row a build), " steps.csv " (a row a step), " run.json ", " inputs/ " and " plots/ .
.TP
.I .lbench/
The same, and the layer store, of a project with a Dockerfile; git ignores it.
.TP
.I lbench.yaml
Edits, models and expectations of a project.
.SH EXAMPLES
.TP
.B lbench run .
What do the lines of this project's Dockerfile cost?
.TP
.B lbench run scenarios/python-app \-\-policy buildkit,classic
Two engines' rules side by side.
.TP
.B lbench explain results/python-app/latest \-\-edit source
Why did each step miss?
.TP
.B lbench plan . \-\-touch src/app.js
What would an edit of this file cost?
.TP
.B lbench scan .
Which of all the Dockerfiles below waste most in a month?
.TP
.B lbench check . \-\-against origin/main
Did this branch make a step miss that was reusable?
.SH SEE ALSO
.BR docker (1),
.BR buildah (1),
.BR gnuplot (1)
"""


def run(*args):
    return subprocess.run([LBENCH, *args, "-h"], check=True, capture_output=True, text=True).stdout


def roff(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def listed(text):
    """The commands of a help: (name, the line's rest)."""
    return re.findall(r"(?m)^  ([a-z]{2,})\b(?: +(.*))?$", text)


def command(names):
    text = run(*names)
    usage, _, rest = text.partition("\n")
    lines = [".SS " + roff(usage.removeprefix("usage: "))]
    for line in rest.strip("\n").split("\n"):
        option = re.match(r"^  (-., |    )(--[a-z-]+)(?: (\S+))?  *(.*)$", line)
        if option:
            letter, name, arg, what = option.groups()
            if name == "--help":
                continue
            if lines[-1] == ".PP":
                lines.pop()
            left = r"\fB" + roff((letter if letter.strip() else "") + name) + r"\fR"
            lines += [".TP", left + (r" \fI" + roff(arg) + r"\fR" if arg else ""), roff(what)]
        elif line.strip():
            lines.append(roff(line.strip()))
        elif lines[-1] != ".PP" and not lines[-1].startswith(".SS"):
            lines.append(".PP")
    while lines[-1] == ".PP":
        lines.pop()
    return lines


def page():
    out = HEAD
    whole = run()
    first, _, second = whole.partition("the parts by themselves:")
    for title, text in (("COMMANDS", first), ("THE PARTS BY THEMSELVES", second)):
        out += ".SH " + title + "\n"
        for name, _ in listed(text):
            help_text = run(name)
            if "COMMAND" in help_text.split("\n", 1)[0]:
                for sub, _ in listed(help_text):
                    out += "\n".join(command([name, sub])) + "\n"
            else:
                out += "\n".join(command([name])) + "\n"
    return out + TAIL


new = page()
if os.environ.get("LBENCH_REWRITE") == "1":
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(new)
    sys.exit(0)
with open(PAGE, encoding="utf-8") as f:
    old = f.read()
sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), PAGE, "the program's help"))
sys.exit(old != new)
