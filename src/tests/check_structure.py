#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the structure: every #include against the table of src/README.md, no function above 60 lines, SPDX in
every file, each file's own header first. Prints a line a fault."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWNER = {  # public header -> module; those that bear their module's name are not listed
    "err": "base", "mem": "base", "buf": "base", "digest": "base", "fs": "base", "json": "base", "content": "base",
    "words": "dockerfile", "ignore": "dockerfile", "stage": "dockerfile", "step": "dockerfile", "check": "dockerfile",
    "decision": "policy", "cache": "policy", "tree_source": "tree",
}
LIBRARY = [  # what an angle-bracket include belongs to; all else must be libc's
    (r"openssl/", "openssl"), (r"jansson\.h", "jansson"), (r"uthash\.h", "uthash"), (r"git2", "git2"), (r"sqlite3\.h", "sqlite3"),
    (r"seccomp\.h", "seccomp"), (r"archive", "archive"), (r"zlib\.h", "zlib"), (r"zstd", "zstd"), (r"isa-l", "isa-l"),
    (r"curl/", "curl"), (r"yaml\.h", "yaml"), (r"cmocka\.h", "cmocka"),
]
MOST_LINES = 60
faults = []


def fault(path, line, text):
    faults.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def table():
    rows = {}
    for line in (ROOT / "src/README.md").read_text().splitlines():
        cells = [c.strip() for c in line.split("|")[1:-1]]
        if len(cells) == 3 and re.fullmatch(r"[a-z/]+", cells[0]) and cells[0] != "module":
            rows[cells[0]] = (set(cells[1].split()), set(cells[2].split()))
    return rows


def module_of(path, rows):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "src":
        return parts[1]
    return "harness/" + parts[1] if len(parts) > 2 and "harness/" + parts[1] in rows else "harness"


def check_include(path, n, text, module, rows):
    uses, libraries = rows[module]
    m = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', text)
    if not m:
        return
    name = m.group(2)
    if m.group(1) == "<":
        for pattern, library in LIBRARY:
            if re.match(pattern, name) and library not in libraries:
                fault(path, n, f"{module} may not use {library} ({name})")
        return
    if name.startswith("lbench/"):
        stem = name[len("lbench/"):-2]
        owner = OWNER.get(stem, stem)
        if owner != module and owner not in uses:
            fault(path, n, f"{module} may not use {owner} ({name})")
    elif module.startswith("harness"):
        folder = name.split("/")[0] if "/" in name else ""
        if module in ("harness/report", "harness/stats") and folder not in (module.split("/")[1], ""):
            fault(path, n, f"{module} sees the CSV alone, not {name}")
    elif not name.startswith(module + "/"):
        fault(path, n, f"{name} is inside another module")


def check_functions(path, lines):
    start, head = 0, ""
    for n, text in enumerate(lines, 1):
        if text.startswith("{"):
            start, head = n, lines[n - 2]
        elif text.startswith("}") and start:
            if n - start - 1 > MOST_LINES:
                fault(path, start, f"{n - start - 1} lines in one function: {head}")
            start = 0


def check_file(path, rows):
    lines = path.read_text(errors="replace").splitlines()
    if not any("SPDX-License-Identifier: Apache-2.0" in t for t in lines[:2]):
        fault(path, 1, "no SPDX line")
    module = module_of(path, rows)
    for n, text in enumerate(lines, 1):
        check_include(path, n, text, module, rows)
    if path.suffix == ".c":
        check_functions(path, lines)
        own = path.with_suffix(".h")
        first = next((t for t in lines if re.match(r"\s*#\s*include", t)), "")
        if own.exists() and path.stem + ".h" not in first:
            fault(path, 1, f"its own header {own.name} is not the first include")


def main():
    rows = table()
    if len(rows) < 10:
        fault(ROOT / "src/README.md", 1, "the dependency table is not there")
    files = [f for top in ("src", "harness") for f in (ROOT / top).rglob("*.[ch]") if "tests" not in f.parts]
    files = [f for f in files if "include" not in f.parts]
    for path in sorted(files):
        check_file(path, rows)
    print("\n".join(faults) if faults else f"{len(files)} files keep to the table of src/README.md")
    return 1 if faults else 0


sys.exit(main())
