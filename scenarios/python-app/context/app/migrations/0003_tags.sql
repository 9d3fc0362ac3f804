CREATE TABLE tags (
  slug TEXT NOT NULL REFERENCES links (slug) ON DELETE CASCADE,
  name TEXT NOT NULL,
  PRIMARY KEY (slug, name)
);
CREATE INDEX tags_name ON tags (name);
