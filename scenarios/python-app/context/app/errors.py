"""Errors as JSON."""

from flask import jsonify
from werkzeug.exceptions import HTTPException


class InvalidLink(ValueError):
    """The URL cannot be shortened."""


def _http_error(error):
    return jsonify(error=error.name, detail=error.description), error.code


def _invalid_link(error):
    return jsonify(error="Invalid link", detail=str(error)), 422


def init_app(app):
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InvalidLink, _invalid_link)
