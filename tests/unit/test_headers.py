"""Which headers pass the edge, in either direction, and how cross-origin access is granted."""

import pytest

from gateway.door import cors
from gateway.upstream import headers


class TestFromUpstream:
    @pytest.mark.parametrize(
        "name", ["retry-after", "x-ratelimit-remaining-tokens", "x-ratelimit-reset", "ratelimit", "ratelimit-policy"]
    )
    def test_what_helps_the_client_passes(self, name: str) -> None:
        assert headers.from_upstream({name: "7"}, "org/a")[name] == "7"

    @pytest.mark.parametrize(
        "name",
        [
            "access-control-allow-credentials",
            "access-control-allow-origin",
            "content-encoding",
            "content-length",
            "content-security-policy",
            "link",
            "location",
            "server",
            "set-cookie",
            "strict-transport-security",
            "www-authenticate",
            "x-ratelimit",
            "x-request-id",
        ],
    )
    def test_nothing_else_does(self, name: str) -> None:
        assert headers.from_upstream({name: "7"}, "org/a") == headers.from_upstream({}, "org/a")

    @pytest.mark.parametrize("value", ["", "é", "\ufffd", "a\x01b", "a\r\nset-cookie: b", "9" * 257])
    def test_no_value_that_is_long_or_no_visible_ascii(self, value: str) -> None:
        assert headers.from_upstream({"retry-after": value}, "org/a") == headers.from_upstream({}, "org/a")

    @pytest.mark.parametrize("name", ["constructor", "__proto__", "tostring", "hasownproperty", "valueof", "then", "length"])
    def test_no_name_that_means_something_to_javascript(self, name: str) -> None:
        assert headers.from_upstream({name: "7"}, "org/a") == headers.from_upstream({}, "org/a")

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("text/event-stream", "text/event-stream; charset=utf-8"),
            ("Text/Event-Stream;charset=UTF-8", "text/event-stream; charset=utf-8"),
            ("application/json", "application/json"),
            ("application/json; charset=utf-8", "application/json; charset=utf-8"),
            ("text/html; charset=utf-8", "text/plain; charset=utf-8"),
            ("image/svg+xml", "text/plain; charset=utf-8"),
            ("text/javascript", "text/plain; charset=utf-8"),
            ("", "text/plain; charset=utf-8"),
            (";", "text/plain; charset=utf-8"),
            ("application/json; charset=é", "text/plain; charset=utf-8"),
            ("application/json; x=" + "a" * 300, "text/plain; charset=utf-8"),
            ("text/event-stream, text/html", "text/plain; charset=utf-8"),
        ],
    )
    def test_no_type_that_a_browser_would_render_or_run(self, theirs: str, ours: str) -> None:
        answer = headers.from_upstream({"content-type": theirs}, "org/a")
        assert (answer["content-type"], answer["x-content-type-options"]) == (ours, "nosniff")


@pytest.mark.parametrize("model", ["org/日本語", "a\r\nset-cookie: b", "a b", ""])
def test_a_models_name_that_no_header_can_hold_is_left_out(model: str) -> None:
    assert "x-model" not in headers.from_upstream({}, model)
    assert headers.from_upstream({}, "org/Name-1.5")["x-model"] == "org/Name-1.5"


class TestCors:
    def test_any_origin_is_a_literal_star(self) -> None:
        assert cors.headers("https://a.example", ("*",))["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize(
        "origin", [None, "null", "", "*", "https://a.example.evil.example", "https://A.example", "https://a.example/"]
    )
    def test_an_origin_that_is_not_listed_gets_nothing(self, origin: str | None) -> None:
        assert cors.headers(origin, ("https://a.example",)) == {"vary": "Origin"}

    @pytest.mark.parametrize("asked", ["authorization", "authorization,content-type", "x-stainless-os , X-Custom"])
    def test_a_preflight_echoes_the_headers(self, asked: str) -> None:
        assert cors.preflight(asked, ("POST",))["access-control-allow-headers"] == asked

    @pytest.mark.parametrize("asked", [None, "", "a b", "a,,b", "a: b", "a\r\nset-cookie: b", "é"])
    def test_but_not_what_is_no_list_of_headers(self, asked: str | None) -> None:
        assert "access-control-allow-headers" not in cors.preflight(asked, ("POST",))
