from app.config import Config


def test_environment(monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://go.example.org/")
    monkeypatch.setenv("FETCH_PREVIEWS", "no")
    config = Config.from_environment()
    assert config.BASE_URL == "https://go.example.org"
    assert config.FETCH_PREVIEWS is False
