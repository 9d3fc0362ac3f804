"""Tags and what carries them."""

from flask import Blueprint, current_app, jsonify

from ..services import tags

blueprint = Blueprint("tags", __name__, url_prefix="/tags")


@blueprint.get("")
def index():
    return jsonify(tags.counts())


@blueprint.get("/<name>")
def tagged(name):
    base_url = current_app.config["BASE_URL"]
    return jsonify([link.as_dict(base_url) for link in tags.links_of(name)])
