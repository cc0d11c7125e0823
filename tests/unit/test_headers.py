"""Which headers pass the edge, in either direction, and how cross-origin access is granted."""

import pytest

from gateway.door import cors, hosts
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
        assert answer["content-type"] == ours


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
        assert cors.preflight(asked)["access-control-allow-headers"] == asked

    @pytest.mark.parametrize("asked", [None, "", "a b", "a,,b", "a: b", "a\r\nset-cookie: b", "é"])
    def test_but_not_what_is_no_list_of_headers(self, asked: str | None) -> None:
        assert "access-control-allow-headers" not in cors.preflight(asked)

    @pytest.mark.parametrize(
        "origin",
        ["http://localhost:5173", "https://localhost", "http://app.localhost:3000", "http://127.0.0.1:1", "https://[::1]:8443"],
    )
    def test_loopback_is_any_page_of_this_machine(self, origin: str) -> None:
        assert cors.is_allowed(origin, ("loopback",), "http://127.0.0.1:8787")
        assert cors.headers(origin, ("loopback",))["access-control-allow-origin"] == origin

    @pytest.mark.parametrize(
        "origin",
        [
            "null",
            "",
            "loopback",
            "localhost",
            "https://evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://evil.example:127",
            "http://0.0.0.0:8787",
            "http://127.0.0.1:8787/",
            "http://localhost:80@evil.example",
            "file://localhost",
            "chrome-extension://localhost",
        ],
    )
    def test_and_no_other(self, origin: str) -> None:
        assert not cors.is_allowed(origin, ("loopback",), "http://127.0.0.1:8787")
        assert cors.headers(origin, ("loopback",)) == {"vary": "Origin"}

    def test_a_request_for_another_site_is_not_one_of_nobody(self) -> None:
        assert [cors.unnamed(site) for site in ("cross-site", "same-site")] == ["null", "null"]
        assert [cors.unnamed(site) for site in ("same-origin", "none", None)] == [None, None, None]


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "LOCALHOST:8787",
            "localhost.",
            "localhost.:80",
            "a.b.localhost",
            "127.0.0.1",
            "127.1.2.3:65535",
            "[::1]",
            "[::1]:1",
        ],
    )
    def test_of_this_machine(self, host: str) -> None:
        assert hosts.is_allowed(host, ("loopback",))

    @pytest.mark.parametrize(
        "host",
        [
            "",
            "loopback",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1.",
            "evillocalhost",
            "localhost..",
            ".localhost",
            "0.0.0.0:8787",
            "10.0.0.1",
            "[::]",
            "[::ffff:127.0.0.1]",
            "::1",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "localhost:80:80",
            "localhost:port",
            "localhost\n",
            "localho\u017ft",
            "\u0661\u0662\u0667.0.0.1",
        ],
    )
    def test_of_another(self, host: str) -> None:
        assert hosts.is_allowed(host, ("*",))
        assert not hosts.is_allowed(host, ("loopback", "edge.example"))

    def test_that_are_named_at_any_port(self) -> None:
        allowed = ("edge.example", "[2001:db8::1]")
        assert all(hosts.is_allowed(host, allowed) for host in ("edge.example", "Edge.Example:8443", "[2001:db8::1]:80"))
        assert not any(
            hosts.is_allowed(host, allowed) for host in ("a.edge.example", "edge.example.", "localhost", "[2001:db8::1")
        )
