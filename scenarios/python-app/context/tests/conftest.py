import pytest

from app import create_app
from app.config import Config


@pytest.fixture
def client(tmp_path):
    config = Config(DATABASE=str(tmp_path / "test.sqlite"), FETCH_PREVIEWS=False)
    return create_app(config).test_client()
