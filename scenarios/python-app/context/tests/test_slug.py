import pytest

from app.services import slug


def test_length_and_alphabet():
    made = slug.make(8)
    assert len(made) == 8
    assert set(made) <= set(slug.ALPHABET)


def test_too_short():
    with pytest.raises(ValueError):
        slug.make(2)
