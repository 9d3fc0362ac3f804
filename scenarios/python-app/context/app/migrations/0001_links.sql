CREATE TABLE links (
  slug    TEXT PRIMARY KEY,
  url     TEXT NOT NULL,
  title   TEXT NOT NULL DEFAULT '',
  created TEXT NOT NULL,
  visits  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX links_created ON links (created);
