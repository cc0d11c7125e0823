"""Which form an answer has, by what the client says."""

import pytest

from gateway.answers.forms import Form, wanted

AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize(
    ("accept", "stream", "form"),
    [
        (None, True, Form.STREAM),
        (None, False, Form.WHOLE),
        (None, None, Form.WHOLE),
        ("*/*", None, Form.WHOLE),
        ("application/json", None, Form.WHOLE),
        ("application/json", True, Form.STREAM),  # OpenAI's clients ask for their streams so
        ("text/event-stream", None, Form.STREAM),
        ("text/event-stream", False, Form.STREAM),
        ("text/event-stream, application/json", None, Form.STREAM),
        ("application/json, text/event-stream", None, Form.WHOLE),
        ("text/plain", None, Form.TEXT),
        ("text/plain", True, Form.TEXT),
        ("text/plain; charset=utf-8", False, Form.TEXT),
        ("TEXT/PLAIN", None, Form.TEXT),
        ("text/html, text/plain;q=0.9, */*;q=0.1", None, Form.TEXT),
        ("text/plain;q=0, text/event-stream", None, Form.STREAM),
        ("text/plain; q=0.000", None, Form.WHOLE),
        (AXIOS, None, Form.WHOLE),
        (AXIOS, True, Form.STREAM),
        ("text/*", None, Form.WHOLE),
        (";;,,", None, Form.WHOLE),
        (None, "true", Form.WHOLE),
        (None, 1, Form.WHOLE),
    ],
)
def test_the_form(accept: str | None, stream: object, form: Form) -> None:
    assert wanted(accept, stream) is form
