from app.services import tags


def test_normalise():
    assert tags.normalise("  Release  Notes ") == "release-notes"


def test_tagged_links(client):
    client.post("/links", json={"url": "https://example.org/", "tags": ["Docs", "docs"]})
    assert client.get("/tags").get_json() == {"docs": 1}
    assert len(client.get("/tags/docs").get_json()) == 1
