"""Links: made once, followed often."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app

from ..db import connection
from ..errors import InvalidLink
from ..models import Link
from . import preview, slug, tags


def _check(url):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidLink(f"{url!r} is not an http or https URL")
    return url


def create(url, names=()):
    _check(url)
    db = connection()
    link = Link(slug=slug.make(current_app.config["SLUG_LENGTH"]), url=url)
    if current_app.config["FETCH_PREVIEWS"]:
        link.title = preview.title_of(url)
    db.execute(
        "INSERT INTO links (slug, url, title, created) VALUES (?, ?, ?, ?)",
        (link.slug, link.url, link.title, link.created.isoformat()),
    )
    tags.attach(link.slug, names)
    db.commit()
    return link


def visit(name):
    db = connection()
    row = db.execute("SELECT * FROM links WHERE slug = ?", (name,)).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE links SET visits = visits + 1, visited = ? WHERE slug = ?",
        (datetime.utcnow().isoformat(), name),
    )
    db.commit()
    return Link.from_row(row)


def latest(limit):
    rows = connection().execute(
        "SELECT * FROM links ORDER BY created DESC LIMIT ?", (max(1, min(limit, 200)),)
    )
    return [Link.from_row(row) for row in rows]
