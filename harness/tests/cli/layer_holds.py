#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""layer_holds.py LAYOUT DIR: an image of the OCI layout has, below src, the names, types, link targets and sizes of DIR."""
import io
import json
import os
import pathlib
import stat
import sys
import tarfile

layout, top = pathlib.Path(sys.argv[1]), os.fsencode(sys.argv[2])


def blob(digest):
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


def on_disk():
    found, below = {}, [(os.open(top, os.O_RDONLY), b"")]
    while below:  # by descriptors: paths are longer than what the system takes
        fd, path = below.pop()
        for name in os.listdir(fd):
            name, st = os.fsencode(name), os.stat(name, dir_fd=fd, follow_symlinks=False)
            here = path + b"/" + name
            if here == b"/.lbench":
                continue
            if stat.S_ISDIR(st.st_mode):
                below.append((os.open(name, os.O_RDONLY, dir_fd=fd), here))
            link = os.readlink(name, dir_fd=fd) if stat.S_ISLNK(st.st_mode) else b""
            found[here] = (stat.S_IFMT(st.st_mode), os.fsencode(link), st.st_size if stat.S_ISREG(st.st_mode) else 0)
        os.close(fd)
    return found


KINDS = {tarfile.REGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK, tarfile.FIFOTYPE: stat.S_IFIFO}


def in_layer(data):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as tar:
        for m in tar:
            name = os.fsencode("/" + m.name.strip("/"))
            if name.startswith(b"/src/"):
                found[name[4:]] = (KINDS[m.type], os.fsencode(m.linkname), m.size)
    return found


want = on_disk()
for entry in json.loads((layout / "index.json").read_text())["manifests"]:
    layers = json.loads(blob(entry["digest"]))["layers"]
    if in_layer(blob(layers[-1]["digest"])) == want:
        print(f"the layer holds {len(want)} entries as they are")
        sys.exit(0)
print(f"no image has the {len(want)} entries of {sys.argv[2]}")
sys.exit(1)
