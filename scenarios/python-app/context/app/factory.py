"""Puts the application together."""

from flask import Flask

from . import db, errors
from .config import Config
from .routes import health, links, pages, tags


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_object(config or Config.from_environment())
    db.init_app(app)
    errors.init_app(app)
    for blueprint in (health.blueprint, links.blueprint, tags.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    return app
