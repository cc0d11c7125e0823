"""A history is its owner's alone, and no page but the edge's own can touch it with what a browser sends by itself."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from gateway.base.tokens import digest
from tests.conftest import StartWorker, Worker
from tests.database import database_of
from tests.rooms import message, new_id, persona, put, room
from tests.tokens import ALICE, BOB, BUSY, ENTRIES, OTHER, bearing
from tools.pyodide_bundle import ROOT

DOCUMENT = json.loads((ROOT / "public" / "api" / "openapi.json").read_text())
ROUTES = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, call in methods.items()
    if "security" not in call  # the others are for anybody, or have no history
]
FOREIGN = "https://app.example"


@pytest.fixture(scope="module")
def tokens(start_worker: StartWorker) -> Worker:
    """An edge for those with a token, and for pages of one other origin."""
    return start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES, ALLOWED_ORIGINS=FOREIGN)


@pytest.fixture(scope="module")
def everybody(start_worker: StartWorker) -> Worker:
    """An edge that lets everybody in, from any page."""
    return start_worker()


@pytest.fixture
def device(everybody: Worker) -> Iterator[httpx.Client]:
    """A browser that keeps cookies."""
    with httpx.Client(base_url=everybody.url, timeout=30) as client:
        yield client


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def snapshot(worker: Worker, owner: str) -> list[Any]:
    """All that the database has of an owner."""
    with closing(sqlite3.connect(database_of(worker))) as connection:
        mine = "WHERE owner = (SELECT id FROM owners WHERE name = ?)"
        tables = ("rooms", "messages", "personas", "persona_versions")
        return [connection.execute(f"SELECT * FROM {table} {mine}", (owner,)).fetchall() for table in tables]


class TestAStranger:
    @pytest.fixture(scope="class")
    @classmethod
    def alices(cls, tokens: Worker) -> dict[str, str]:
        """The ids of what Alice has."""
        with httpx.Client(base_url=tokens.url, headers=bearing(ALICE), timeout=30) as alice:
            home = put(alice, room(title="Alice's diary"))["id"]
            words = put(alice, message(home, content="Alice's secret"))["id"]
            critic = persona(prompt="Alice's prompt")
            alice.put(f"/api/personas/{critic['id']}", json=critic)
        return {"room": home, "message": words, "persona": critic["id"]}

    def address(self, path: str, ids: dict[str, str]) -> str:
        id = ids["persona" if "personas" in path else "message" if "{room}" in path else "room"]
        return path.replace("{room}", ids["room"]).replace("{id}", id).replace("{n}", "1")

    def body(self, path: str, ids: dict[str, str]) -> dict[str, Any]:
        """Alice's own things, in a version above hers."""
        things = {
            "persona": persona(ids["persona"], version=9),
            "room": room(ids["room"], title="Mine now", version=9),
            "message": message(ids["room"], ids["message"], content="Mine now", version=9),
        }
        bodies: dict[str, dict[str, Any]] = {
            "/api/rooms/{id}": things["room"],
            "/api/rooms/{room}/messages/{id}": things["message"],
            "/api/personas/{id}": things["persona"],
            "/api/changes": {"changes": [{"kind": kind, "value": value} for kind, value in things.items()]},
        }
        file = {"format": "ionet-edge", "format_version": 1, "personas": [things["persona"]], "rooms": [things["room"]]}
        return bodies.get(path, file)

    @pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
    def test_sees_and_changes_nothing(
        self, tokens: Worker, client: httpx.Client, alices: dict[str, str], method: str, path: str
    ) -> None:
        before = snapshot(tokens, "token:alice")
        target = tokens.url + self.address(path, alices) + ("?q=secret" if path == "/api/search" else "")
        content = json.dumps(self.body(path, alices)) if method in ("PUT", "POST") else None
        answers = [client.request(method, target, content=content, headers=bearing(OTHER)) for _ in range(2)]
        assert snapshot(tokens, "token:alice") == before
        assert not any("Alice" in answer.text for answer in answers)
        nothing = client.request(method, tokens.url + self.address(path, dict.fromkeys(alices, new_id())), headers=bearing(BUSY))
        if "{" in path and method != "PUT":
            client.delete(f"{tokens.url}/api/history", headers=bearing(OTHER))
            answer = client.request(method, target, headers=bearing(OTHER))
            assert (answer.status_code, answer.json()) == (404, nothing.json())

    @pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
    def test_without_a_token_is_told_so(
        self, tokens: Worker, client: httpx.Client, alices: dict[str, str], method: str, path: str
    ) -> None:
        response = client.request(method, tokens.url + self.address(path, alices), headers={"cookie": f"ionet_device={'a' * 64}"})
        assert code_of(response) == (401, "missing_token")
        assert "set-cookie" not in response.headers

    def test_searches_in_vain_beside_a_full_history(self, tokens: Worker, client: httpx.Client, alices: dict[str, str]) -> None:
        client.delete(f"{tokens.url}/api/history", headers=bearing(OTHER))
        for q in ("secret", "Al", "diary"):
            answer = client.get(f"{tokens.url}/api/search", params={"q": q}, headers=bearing(OTHER))
            assert answer.json() == {"hits": [], "next": None}
            assert client.get(f"{tokens.url}/api/search", params={"q": q}, headers=bearing(ALICE)).json()["hits"]


class TestADevice:
    def test_is_known_by_a_cookie_that_no_script_reads_and_no_other_site_sends(self, device: httpx.Client) -> None:
        cookie = device.get("/api/history").headers["set-cookie"]
        assert re.fullmatch(r"ionet_device=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=/api/; Max-Age=31536000", cookie)

    def test_has_its_own_history(self, device: httpx.Client, everybody: Worker) -> None:
        device.get("/api/history")
        given = put(device, room())
        assert device.get("/api/rooms").json()["rooms"] == [given]
        with httpx.Client(base_url=everybody.url, timeout=30) as another:
            assert another.get("/api/rooms").json()["rooms"] == []
            assert another.get(f"/api/rooms/{given['id']}").status_code == 404
            put(another, room(given["id"], title="Another's"))
        assert device.get("/api/rooms").json()["rooms"] == [given]

    def test_is_kept_by_its_hash_alone(self, device: httpx.Client, everybody: Worker) -> None:
        device.get("/api/history")
        secret = device.cookies["ionet_device"]
        put(device, room())
        with closing(sqlite3.connect(database_of(everybody))) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM owners")}
            assert f"device:{digest(secret)}" in names
            assert secret not in "\n".join(connection.iterdump())
        assert secret not in everybody.log.read_text()

    def test_leaves_nothing_behind_by_looking(self, device: httpx.Client, everybody: Worker) -> None:
        device.get("/api/history")
        device.get("/api/changes")
        with closing(sqlite3.connect(database_of(everybody))) as connection:
            found = connection.execute(
                "SELECT 1 FROM owners WHERE name = ?", (f"device:{digest(device.cookies['ionet_device'])}",)
            )
            assert found.fetchall() == []

    @pytest.mark.parametrize(
        "cookie", ["ionet_device=", "ionet_device=short", f"ionet_device={'A' * 64}", "other=1", f"xionet_device={'a' * 64}"]
    )
    def test_that_shows_no_secret_of_this_edge_gets_a_new_one(self, everybody: Worker, client: httpx.Client, cookie: str) -> None:
        answer = client.get(f"{everybody.url}/api/history", headers={"cookie": cookie})
        assert re.match(r"ionet_device=[0-9a-f]{64};", answer.headers["set-cookie"])
        assert answer.headers["set-cookie"][13:77] not in cookie


class TestAnotherPage:
    """It can send what a browser holds for the edge, but not say that it is the edge's own page."""

    HEADERS = (
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://127.0.0.1", "sec-fetch-site": "same-site"},
    )

    @pytest.mark.parametrize("headers", HEADERS, ids=str)
    @pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
    def test_is_refused_without_a_token(
        self, everybody: Worker, client: httpx.Client, headers: dict[str, str], method: str, path: str
    ) -> None:
        address = everybody.url + re.sub(r"{\w+}", "1" * 32, path).replace("versions/" + "1" * 32, "versions/1")
        response = client.request(method, address, headers=headers, content=b"{}")
        assert code_of(response) == (403, "origin_not_allowed")
        assert "set-cookie" not in response.headers

    def test_may_call_with_a_token_where_the_owner_lets_it(self, tokens: Worker, client: httpx.Client) -> None:
        headers = {**bearing(ALICE), "origin": FOREIGN, "sec-fetch-site": "cross-site"}
        given = room()
        answer = client.put(f"{tokens.url}/api/rooms/{given['id']}", json=given, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == FOREIGN
        foreign = {**headers, "origin": "https://evil.example"}
        assert client.put(f"{tokens.url}/api/rooms/{given['id']}", json=given, headers=foreign).status_code == 403
        preflight = client.options(
            f"{tokens.url}/api/rooms/{given['id']}", headers={"origin": FOREIGN, "access-control-request-method": "PUT"}
        )
        assert "PUT" in preflight.headers["access-control-allow-methods"]

    def test_of_the_edge_itself_is_served(self, everybody: Worker, device: httpx.Client) -> None:
        given = room()
        headers = {"origin": everybody.url, "sec-fetch-site": "same-origin"}
        assert device.put(f"/api/rooms/{given['id']}", json=given, headers=headers).status_code == 200


class TestLimits:
    def test_of_rooms(self, start_worker: StartWorker, client: httpx.Client) -> None:
        client.base_url = httpx.URL(start_worker(ACCESS_TOKENS=ENTRIES, HISTORY_MAX_ROOMS="2").url)
        client.headers.update(bearing(ALICE))
        first, _ = put(client, room()), put(client, room())
        refused = room()
        assert code_of(client.put(f"/api/rooms/{refused['id']}", json=refused)) == (409, "history_full")
        sent = client.post("/api/changes", json={"changes": [{"kind": "room", "value": refused}]}).json()
        assert sent["results"][0]["error"]["code"] == "history_full"
        assert put(client, first | {"title": "Changed", "version": 2})["title"] == "Changed"
        client.delete(f"/api/rooms/{first['id']}")
        assert put(client, refused)["id"] == refused["id"]

    def test_of_bytes(self, start_worker: StartWorker, client: httpx.Client) -> None:
        client.base_url = httpx.URL(start_worker(ACCESS_TOKENS=ENTRIES, HISTORY_MAX_BYTES="2000").url)
        client.headers.update(bearing(ALICE))
        home = put(client, room())["id"]
        long = put(client, message(home, content="x" * 2_000))
        refused = message(home)
        address = f"/api/rooms/{home}/messages"
        assert code_of(client.put(f"{address}/{refused['id']}", json=refused)) == (413, "history_full")
        longer = message(home, long["id"], content="x" * 3_000, version=2)
        assert code_of(client.put(f"{address}/{long['id']}", json=longer)) == (413, "history_full")
        assert put(client, message(home, long["id"], content="short", version=2))["content"] == "short"
        assert put(client, refused)["id"] == refused["id"]

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"", (400, "missing_body")),
            (b"[]", (400, "invalid_json")),
            (b"\xff", (400, "invalid_encoding")),
            (b'{"id": 1, "id": 2}', (400, "duplicate_name")),
            (b"[" * 500, (400, "too_deep")),
            (b" " * 3_000_001, (413, "body_too_large")),
            (json.dumps({"content": "x" * 1_800_000}).encode(), (400, "missing_field")),
        ],
        ids=["nothing", "a list", "not UTF-8", "a name twice", "deep", "3 MB", "no role"],
    )
    def test_of_a_body(self, tokens: Worker, client: httpx.Client, content: bytes, refusal: tuple[int, str]) -> None:
        # The proxy of `wrangler dev` may lose an answer that comes before the request's end: docs/architecture.md.
        address = f"http://127.0.0.1:{tokens.runtime_port()}/api/rooms/{new_id()}/messages/{new_id()}"
        assert code_of(client.put(address, content=content, headers=bearing(ALICE))) == refusal

    def test_of_a_message(self, tokens: Worker) -> None:
        with httpx.Client(base_url=tokens.url, headers=bearing(ALICE), timeout=60) as alice:
            home = put(alice, room())["id"]
            large = put(alice, message(home, content="x" * 1_799_000))
            assert alice.get(f"/api/rooms/{home}/messages").json()["messages"] == [large]
            larger = message(home, content="茶" * 600_000)
            refused = alice.put(f"/api/rooms/{home}/messages/{larger['id']}", json=larger)
            assert code_of(refused) == (413, "value_too_large")

    def test_of_changes(self, tokens: Worker, client: httpx.Client) -> None:
        changes = {"changes": [{"kind": "room", "value": room()}] * 101}
        response = client.post(f"{tokens.url}/api/changes", json=changes, headers=bearing(ALICE))
        assert (response.status_code, response.json()["error"]["param"]) == (400, "changes")

    def test_of_calls_in_a_minute(self, tokens: Worker, client: httpx.Client) -> None:
        def ask() -> httpx.Response:
            return client.get(f"{tokens.url}/api/history", headers=bearing(BOB))

        assert ask().status_code == 200
        # A minute may end meanwhile, and with it the count: in the next there is time enough.
        refused = next(answer for answer in (ask() for _ in range(700)) if answer.status_code != 200)
        assert code_of(refused) == (429, "rate_limit_exceeded")
        assert refused.headers["retry-after"] == "60"
        assert client.get(f"{tokens.url}/api/history", headers=bearing(ALICE)).status_code == 200
        assert client.get(f"{tokens.url}/v1/models", headers=bearing(BOB)).status_code == 200


class TestTheDatabase:
    def test_that_does_not_answer_is_a_503_to_try_again(self, tokens: Worker, client: httpx.Client) -> None:
        given = room()
        with closing(sqlite3.connect(database_of(tokens), isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            response = client.put(f"{tokens.url}/api/rooms/{given['id']}", json=given, headers=bearing(ALICE))
            connection.execute("ROLLBACK")
        assert code_of(response) == (503, "history_unavailable")
        assert int(response.headers["retry-after"]) > 0
        assert client.put(f"{tokens.url}/api/rooms/{given['id']}", json=given, headers=bearing(ALICE)).status_code == 200

    def test_without_its_tables_is_named(self, start_worker: StartWorker, client: httpx.Client) -> None:
        response = client.get(f"{start_worker(tables=False).url}/api/rooms")
        assert code_of(response) == (503, "not_configured")
        assert response.json()["error"]["param"] == "HISTORY"
        assert "migrations apply" in response.json()["error"]["message"]

    def test_is_left_alone_where_the_owner_keeps_no_history(self, start_worker: StartWorker, client: httpx.Client) -> None:
        worker = start_worker(HISTORY="off")
        assert client.get(f"{worker.url}/api/config").json()["history"] is False
        for method, path in ROUTES:
            address = worker.url + re.sub(r"{\w+}", "1" * 32, path).replace("versions/" + "1" * 32, "versions/1")
            response = client.request(method, address)
            assert code_of(response) == (404, "history_off")
            assert "set-cookie" not in response.headers

    def test_loses_what_was_let_go_of(self, tokens: Worker) -> None:
        with httpx.Client(base_url=tokens.url, headers=bearing(ALICE), timeout=60) as alice:
            home = put(alice, room())["id"]
            put(alice, message(home, content="forget me"))
            alice.delete("/api/history")
        deadline = time.monotonic() + 10
        with closing(sqlite3.connect(database_of(tokens))) as connection:
            while connection.execute("SELECT count(*) FROM owners WHERE name IS NULL").fetchone() != (0,):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            left = connection.execute("SELECT count(*) FROM messages WHERE value LIKE '%forget me%'").fetchone()
            matches = connection.execute("SELECT count(*) FROM texts_index WHERE texts_index MATCH '\"forget\"'").fetchone()
        assert (left, matches) == ((0,), (0,))


NO_ROUTES = (
    "/api/",
    "/api/rooms/",
    "/api/rooms/x",
    f"/api/rooms/{'1' * 31}",
    f"/api/rooms/%31{'1' * 31}",
    "/api/rooms/11111111-1111-4111-8111-111111111111/",
    f"/api/rooms/{'1' * 32}/messages/{'1' * 32}/x",
    f"/api/personas/{'1' * 32}/versions/1e3",
)


@pytest.mark.parametrize("path", NO_ROUTES)
def test_paths_that_are_no_routes_are_not_found(tokens: Worker, client: httpx.Client, path: str) -> None:
    assert code_of(client.get(tokens.url + path, headers=bearing(ALICE))) == (404, "not_found")


def test_other_methods_are_told_which_there_are(tokens: Worker, client: httpx.Client) -> None:
    refused = client.patch(f"{tokens.url}/api/rooms/{'1' * 32}", headers=bearing(ALICE))
    assert (code_of(refused), refused.headers["allow"]) == ((405, "method_not_allowed"), "GET, PUT, DELETE, OPTIONS")
