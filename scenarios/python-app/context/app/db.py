"""One connection a request, and the migrations."""

import sqlite3
from pathlib import Path

from flask import current_app, g

MIGRATIONS = Path(__file__).parent / "migrations"


def connection():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
        g.db.execute("PRAGMA foreign_keys = ON")
    return g.db


def close(_error=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def migrate(db):
    done = db.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(sorted(MIGRATIONS.glob("*.sql")), start=1):
        if number > done:
            db.executescript(script.read_text())
            db.execute(f"PRAGMA user_version = {number}")


def init_app(app):
    app.teardown_appcontext(close)
    with app.app_context():
        migrate(connection())
