"""What the rows are in Python."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Link:
    slug: str
    url: str
    title: str = ""
    created: datetime = field(default_factory=datetime.utcnow)
    visits: int = 0

    @classmethod
    def from_row(cls, row):
        return cls(
            slug=row["slug"],
            url=row["url"],
            title=row["title"],
            created=datetime.fromisoformat(row["created"]),
            visits=row["visits"],
        )

    def as_dict(self, base_url):
        return {
            "slug": self.slug,
            "short": f"{base_url}/{self.slug}",
            "url": self.url,
            "title": self.title,
            "created": self.created.isoformat(),
            "visits": self.visits,
        }
