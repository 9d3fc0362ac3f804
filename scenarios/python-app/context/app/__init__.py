"""linkbox: short links for a team."""

from .factory import create_app

__all__ = ["create_app"]
