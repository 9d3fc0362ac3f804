#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens pages of `lbench report` in a headless Chromium and uses them as a reader does: at two widths, light and
dark, by mouse and by keyboard, with scripts and without. Prints a line a page, and a line a fault.

browser.py PAGE… [--shots DIR] writes a screenshot a width and theme, too. It talks to the browser over two pipes
(--remote-debugging-pipe), so that nothing but Python's library is needed."""
import base64
import itertools
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile

PATIENCE = 60  # seconds for one answer
# What a page must hold to at any width and in any theme.
LAYOUT = """(() => {
	const wide = document.documentElement.scrollWidth - innerWidth;
	const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
	const dead = [...document.querySelectorAll('a[href^="#"]:not(.x)')].filter(a => !document.getElementById(a.hash.slice(1)));
	const out = [...document.querySelectorAll('a[href]:not([href^="#"]), [src], link')];
	const names = [...document.querySelectorAll("a, button, summary")].filter(e => !e.textContent.trim());
	const faults = [];
	if (wide > 0) faults.push(`the page is ${wide} pixels too wide`);
	if (new Set(ids).size !== ids.length) faults.push("an id is given twice");
	if (dead.length) faults.push(`${dead.length} links lead nowhere, the first to ${dead[0].hash}`);
	if (out.length) faults.push(`${out.length} elements name something outside of the page`);
	if (names.length) faults.push(`${names.length} links or buttons have no name`);
	if (!document.querySelector("h1")) faults.push("no heading");
	if (document.querySelector("main script, main style, main img, main iframe")) faults.push("an element from outside in the text");
	return faults;
})()"""
# Each cell and figure opens the panel that it leads to, and closes it.
CLICKS = """(() => {
	const faults = [], links = [...document.querySelectorAll('main a[href^="#"]')];
	const shown = () => [...document.querySelectorAll(".b.on")];
	for (const d of document.querySelectorAll("details:not([open]) > summary")) d.click();
	for (const d of document.querySelectorAll("details")) if (!d.open) faults.push("a details element does not open");
	for (const a of links) {
		a.click();
		const target = document.getElementById(a.hash.slice(1));
		if (shown().length !== 1 || !shown()[0].contains(target) || !target.getClientRects().length) faults.push(`${a.hash} does not open its panel`);
		for (const inner of shown()[0] ? shown()[0].querySelectorAll("li a") : []) {
			inner.click();
			const row = document.getElementById(inner.hash.slice(1));
			if (!row.classList.contains("here")) faults.push(`${inner.hash} is not marked`);
		}
		const close = shown()[0] && shown()[0].querySelector(".x");
		if (close) close.click();
		if (shown().length || target.getClientRects().length) faults.push(`${a.hash} does not close`);
		if (faults.length > 5) break;
	}
	return [links.length, faults];
})()"""
THEME = """(() => {
	const b = document.getElementById("theme"), color = () => getComputedStyle(document.body).backgroundColor;
	if (b.hidden) return ["the button for the theme is hidden"];
	const before = color();
	b.click();
	const other = color();
	b.click();
	localStorage.clear();
	return other !== before && color() === before ? [] : ["the button does not change the theme and back"];
})()"""


class Browser:
    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="lbench-browser-")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def pipes():
            # through high numbers, so that neither overwrites the other
            a, b = os.dup(to_read), os.dup(back_write)
            high_a, high_b = 100, 101
            os.dup2(a, high_a)
            os.dup2(b, high_b)
            os.dup2(high_a, 3)
            os.dup2(high_b, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pipes, close_fds=False)
        os.close(to_read)
        os.close(back_write)
        self.ids, self.buffer, self.said = itertools.count(1), b"", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def read(self):
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.back, 1 << 20)
            if not data:
                raise EOFError("the browser is gone")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        method, p = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.said.append("exception: " + json.dumps(p["exceptionDetails"])[:300])
        elif method == "Runtime.consoleAPICalled":
            self.said.append("console: " + json.dumps(p["args"])[:300])
        elif method == "Log.entryAdded":
            self.said.append("log: " + p["entry"]["text"][:300])
        elif method == "Network.requestWillBeSent" and not p["request"]["url"].startswith(("file:", "about:")):
            self.said.append("request: " + p["request"]["url"][:100])

    def call(self, method, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            self.note(answer)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def open(self, url, width, theme, scripts=True):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        for _ in range(400):
            # with scripts disabled evaluate still works: it is the debugger's
            if self.run("document.readyState === 'complete' && location.href !== 'about:blank'"):
                return
            select.select([], [], [], 0.02)
        raise TimeoutError(url)

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def shot(self, path, top_only=False):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": 900 if top_only else min(size["height"], 9000), "scale": 1}
        data = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=not top_only)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
        except (OSError, EOFError, TimeoutError):
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def keyboard(b):
    """Tab reaches a cell, arrows move, Enter opens the panel, Escape closes it and gives the focus back."""
    has = b.run("document.querySelectorAll('table.m td a').length")
    if not has:
        return []
    faults, stops = [], 0
    b.run("document.activeElement.blur(); scrollTo(0, 0)")
    while not b.run("document.activeElement.matches('table.m td a')"):
        b.key("Tab", 9)
        stops += 1
        if stops > 60:
            return ["60 times Tab do not reach the matrix"]
    first = b.run("document.activeElement.hash")
    for name, code in (("ArrowLeft", 37), ("ArrowUp", 38)) if first != b.run("document.querySelector('table.m td a').hash") else (
            ("ArrowRight", 39), ("ArrowDown", 40)):
        b.key(name, code)
    if has > 2 and b.run("document.activeElement.hash") == first:
        faults.append("arrows do not move in the matrix")
    cell = b.run("document.activeElement.hash")
    b.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    b.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    if not b.run("!!document.querySelector('.b.on') && document.activeElement.matches('.b.on .x')"):
        faults.append("Enter on a cell does not open its panel")
    b.key("Escape", 27)
    if b.run("!!document.querySelector('.b.on')") or b.run("document.activeElement.hash") != cell:
        faults.append("Escape does not close the panel and give the focus back")
    return faults


def without_scripts(b, url):
    """A cell's link shows its panel, the link in it hides it; the button for scripts is not there."""
    b.open(url, 1280, "light", scripts=False)
    faults = b.run(LAYOUT)
    if not b.run("document.getElementById('theme').hidden"):
        faults.append("without scripts there is a button that does nothing")
    target = b.run("(document.querySelector('table.m td a') || {}).hash")
    if not target:
        return faults
    b.open(url + target, 1280, "light", scripts=False)
    if b.run(f"getComputedStyle(document.querySelector('{target}').closest('.b')).display") == "none":
        faults.append("without scripts a cell does not open its panel")
    b.open(url + "#_", 1280, "light", scripts=False)
    if b.run(f"getComputedStyle(document.querySelector('{target}').closest('.b')).display") != "none":
        faults.append("without scripts a panel does not close")
    return faults


def check(b, page, shots):
    url, faults, used = page.resolve().as_uri(), [], 0
    b.said.clear()
    for width, theme in itertools.product((1280, 400), ("light", "dark")):
        b.open(url, width, theme)
        found = b.run(LAYOUT) + b.run(THEME)
        dark = b.run("(([r, g, b]) => r + g + b < 384)(getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))")
        if dark != (theme == "dark"):
            found.append("the page does not follow the theme of the system")
        if shots:
            b.shot(f"{shots}/{page.stem}-{width}-{theme}.png")
        # what links do depends neither on the width nor on the theme, so that one pass of each is enough
        if (width, theme) in ((1280, "light"), (400, "dark")):
            used, clicked = b.run(CLICKS)
            found += clicked + keyboard(b)
        faults += [f"{width} {theme}: {f}" for f in found]
    faults += ["no scripts: " + f for f in without_scripts(b, url)] + b.said
    return faults, used


def main(argv):
    shots = argv[argv.index("--shots") + 1] if "--shots" in argv else None
    pages = [pathlib.Path(a) for a in argv[1:] if a.endswith(".html")]
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("chromium is not installed")
        return 77
    b, bad = Browser(program), False
    try:
        for page in pages:
            faults, used = check(b, page, shots)
            bad |= bool(faults) or not used
            print(f"{page.name}: {'every link and button works' if used and not faults else 'faults'}")
            for f in faults:
                print("  " + f)
    finally:
        b.close()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
