def test_create_and_follow(client):
    made = client.post("/links", json={"url": "https://example.org/a"}).get_json()
    followed = client.get("/" + made["slug"])
    assert followed.status_code == 302
    assert followed.headers["Location"] == "https://example.org/a"


def test_visits_are_counted(client):
    made = client.post("/links", json={"url": "https://example.org/b"}).get_json()
    for _ in range(3):
        client.get("/" + made["slug"])
    assert client.get("/links").get_json()[0]["visits"] == 3


def test_other_schemes_are_refused(client):
    response = client.post("/links", json={"url": "ftp://example.org"})
    assert response.status_code == 422


def test_unknown_slug(client):
    assert client.get("/nothing").status_code == 404
