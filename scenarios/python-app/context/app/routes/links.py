"""Making, following and listing links."""

from flask import Blueprint, abort, current_app, jsonify, redirect, request

from ..services import links

blueprint = Blueprint("links", __name__)


@blueprint.post("/links")
def create():
    body = request.get_json(silent=True) or {}
    link = links.create(body.get("url", ""), body.get("tags", []))
    return jsonify(link.as_dict(current_app.config["BASE_URL"])), 201


@blueprint.get("/links")
def index():
    base_url = current_app.config["BASE_URL"]
    found = links.latest(request.args.get("limit", 50, type=int))
    return jsonify([link.as_dict(base_url) for link in found])


@blueprint.get("/<slug>")
def follow(slug):
    link = links.visit(slug)
    if link is None:
        abort(404, f"no link is named {slug}")
    return redirect(link.url)
