"""For the load balancer."""

from flask import Blueprint, jsonify

from ..db import connection

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz():
    count = connection().execute("SELECT count(*) FROM links").fetchone()[0]
    return jsonify(status="ok", links=count)
