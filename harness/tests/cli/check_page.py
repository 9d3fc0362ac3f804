#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_page.py PAGE…: what must hold for a page of `lbench report` whatever a browser does with it: elements are
closed in order, ids are given once and links lead to one, no element and no attribute that a hostile text could want,
nothing from outside, below a megabyte. Prints a line a fault, and a line a page."""
import base64
import hashlib
import html.parser
import pathlib
import re
import sys

VOID = {"meta", "br", "img", "link", "input", "hr"}
ELEMENTS = set("""html head meta title style body a button main article header section div span p b i ul ol li h1 h2 h3 small code table
thead tbody tr th td details summary figure figcaption svg path text br script""".split())
ATTRIBUTES = set("""lang charset name content http-equiv class id href style title type hidden scope tabindex role aria-label open data-l
viewbox d x y""".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.links, self.faults, self.scripts, self.text = [], [], [], [], [], []

    def fault(self, text):
        self.faults.append(f"line {self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            self.fault(f"element {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.fault(f"attribute {name} of {tag}")
            if name == "id":
                self.ids.append(value)
            if name == "href":
                if not value.startswith("#"):
                    self.fault(f"a link to {value}")
                self.links.append(value[1:])
            if name == "style" and not re.fullmatch(r"(width:[0-9.e-]+%|flex:[0-9.e+-]+)", value):
                self.fault(f"style {value}")
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.fault(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts.append(data)
        elif self.stack and self.stack[-1] != "style":
            self.text.append(data)


def check(path):
    raw = path.read_bytes()
    text, page = raw.decode("utf-8"), Page()
    page.feed(text)
    page.close()
    faults = page.faults
    if page.stack:
        faults.append(f"not closed: {page.stack}")
    faults += [f"id {i} is given twice" for i in sorted(set(page.ids)) if page.ids.count(i) > 1]
    faults += [f"#{i} is nowhere" for i in sorted(set(page.links) - set(page.ids) - {"_"})]
    if len(page.scripts) != 1:
        faults.append(f"{len(page.scripts)} scripts")
    else:
        digest = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
        if f"script-src 'sha256-{digest}'" not in text:
            faults.append("the policy does not name the script's digest")
    if len(raw) >= 1_000_000:
        faults.append(f"{len(raw)} bytes")
    return faults, " ".join(page.text)


def main(paths):
    bad = False
    for name in paths:
        faults, _ = check(pathlib.Path(name))
        bad |= bool(faults)
        print(f"{name}: {'faults' if faults else 'well-formed'}")
        for f in faults[:10]:
            print("  " + f)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
