"""The one page for people."""

from flask import Blueprint, render_template

from ..services import links

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index():
    return render_template("index.html", links=links.latest(20))
