"""The blueprints, one a file."""
