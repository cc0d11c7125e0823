"""io.net's errors, as OpenAI's clients read them."""

import json

import pytest

from gateway.base.refusals import TEXT_CHARS, as_openais, is_openais, text_of

DETAIL = b'{"detail": "Insufficient credits"}'
FIELDS = b'{"detail": [{"loc": ["body", "n"], "msg": "too many"}, {"msg": "no model"}]}'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (DETAIL, "Insufficient credits"),
        (FIELDS, "body.n: too many; no model"),
        (b'{"error": "no such model"}', "no such model"),
        (b'{"error": {"message": 7}, "message": "The model is being loaded."}', "The model is being loaded."),
        (b"  Internal Server Error\n", "Internal Server Error"),
        ("\u7121\u52b9".encode(), "\u7121\u52b9"),
        (b"x" * 9000, "x" * TEXT_CHARS),
        (b"", "io.net answered with 418, and no word on why."),
        (b"{}", "{}"),
        (b'{"detail": []}', "io.net answered with 418, and no word on why."),
        (b'{"detail": {"a": 1}}', "io.net answered with 418, and no word on why."),
        (b'["a"]', '["a"]'),
        (b"\xff", "\ufffd"),
        (b"[" * 100_000, "[" * TEXT_CHARS),
    ],
)
def test_its_words(body: bytes, text: str) -> None:
    assert text_of(418, body, is_page=False) == text
    assert json.loads(as_openais(418, body, is_page=False))["error"] == {
        "message": text,
        "type": "invalid_request_error",
        "param": None,
        "code": "upstream_error",
    }


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"<html><head><title>502 Bad Gateway &amp; more</title></head>", "502 Bad Gateway & more"),
        (b"<html>" + b"<p>" * 1000, "io.net answered with 502, and no word on why."),
        (b"<title></title>", "io.net answered with 502, and no word on why."),
    ],
)
def test_of_a_web_page_the_title(page: bytes, text: str) -> None:
    assert text_of(502, page, is_page=True) == text


@pytest.mark.parametrize(
    ("status", "kind"), [(402, "invalid_request_error"), (429, "rate_limit_error"), (500, "server_error"), (524, "server_error")]
)
def test_its_class(status: int, kind: str) -> None:
    assert json.loads(as_openais(status, DETAIL, is_page=False))["error"]["type"] == kind


def test_one_that_is_openais_already() -> None:
    assert is_openais(b'{"error": {"message": "m", "code": null}, "more": 1}')
    for other in (DETAIL, b'{"error": "m"}', b'{"error": {"message": null}}', b"[]", b"", b"{" * 100_000):
        assert not is_openais(other)
