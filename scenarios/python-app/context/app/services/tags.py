"""Tags on links."""

from ..db import connection
from ..models import Link


def normalise(name):
    return "-".join(name.lower().split())


def attach(slug, names):
    rows = [(slug, normalise(name)) for name in names if name.strip()]
    connection().executemany("INSERT OR IGNORE INTO tags (slug, name) VALUES (?, ?)", rows)


def counts():
    rows = connection().execute("SELECT name, count(*) FROM tags GROUP BY name ORDER BY name")
    return {name: count for name, count in rows}


def links_of(name):
    rows = connection().execute(
        "SELECT links.* FROM links JOIN tags USING (slug) WHERE tags.name = ? ORDER BY created",
        (normalise(name),),
    )
    return [Link.from_row(row) for row in rows]
