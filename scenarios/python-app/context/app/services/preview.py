"""The title of a page, as far as it can be had quickly."""

import re
from urllib.error import URLError
from urllib.request import Request, urlopen

TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
LIMIT = 64 * 1024


def title_in(html):
    match = TITLE.search(html)
    return " ".join(match.group(1).decode("utf-8", "replace").split()) if match else ""


def title_of(url):
    request = Request(url, headers={"User-Agent": "linkbox"})
    try:
        with urlopen(request, timeout=2) as response:
            return title_in(response.read(LIMIT))
    except (URLError, OSError, ValueError):
        return ""
