"""Fills an empty data base with a few links."""

from app import create_app
from app.services import links

URLS = [
    ("https://docs.python.org/3/", ["docs"]),
    ("https://flask.palletsprojects.com/", ["docs", "web"]),
    ("https://sqlite.org/lang.html", ["docs", "sql"]),
]


def main():
    app = create_app()
    with app.app_context():
        for url, names in URLS:
            print(links.create(url, names).slug, url)


if __name__ == "__main__":
    main()
