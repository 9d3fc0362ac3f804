from app.services import preview


def test_title():
    assert preview.title_in(b"<html><title>\n A page </title></html>") == "A page"


def test_no_title():
    assert preview.title_in(b"<p>nothing</p>") == ""
