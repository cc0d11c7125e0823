"""`make serve`: the edge without Cloudflare, in a plain workerd, before a real HTTP server that plays io.net."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import KEY, StartWorker, question
from tests.documents import commands
from tests.raw import exchange
from tests.rooms import put, room
from tests.streams import closed_by_client, endless
from tests.tokens import ALICE, ENTRIES, bearing
from tools import workerd
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT
from tools.serve import configuration
from tools.serve.migrations import migrate
from tools.starting import CannotStart
from tools.upstream.server import DemoUpstream

READY_SECONDS = 60
PROMPT = 'Say "お茶" \\x41\n\t\x1b\\ and no more.'  # a sign of every kind
LIMIT = 60  # as in wrangler.toml
SENT_AT_MOST = 2 * LIMIT + 1  # a minute may begin in between


@dataclass(frozen=True)
class Edge:
    """A `make serve`: `port`, where it listens, or would; `data`, its folder."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def family(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ctrl-C, or another signal, and nothing is left of it."""
        family = self.family()
        os.killpg(self.process.pid, number)
        self.process.wait(20)
        _, alive = psutil.wait_procs(family, timeout=20)
        assert not alive
        assert "Traceback" not in self.printed


@contextmanager
def make_serve(data: Path, settings: Mapping[str, str], port: int | None = None) -> Iterator[Edge]:
    """`make serve` up to its last line before it waits, or to its end where it does not start; ended at the latest on leaving."""
    port = port or free_port()
    log = data.with_name(f"{data.name}-{port}.log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["make", "--silent", "serve", f"PORT={port}"],
            cwd=ROOT,
            env={**os.environ, "DATA": str(data), **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        edge = Edge(process, port, data, log)
        before = len(edge.printed)
        deadline = time.monotonic() + READY_SECONDS
        try:
            while "Ctrl-C" not in edge.printed[before:] and process.poll() is None:
                assert time.monotonic() < deadline, edge.printed
                time.sleep(0.02)
            yield edge
        finally:
            if process.poll() is None:
                edge.end(signal.SIGTERM)


def database_of(data: Path) -> Path:
    """The file that docs/self-hosting.md names."""
    (path,) = (path for path in data.glob("d1/ionet-edge/*.sqlite") if path.stem != "metadata")
    return path


def tables(path: Path) -> dict[str, str]:
    """The schema of a database, but for the platform's own part of it and for spaces."""
    with closing(sqlite3.connect(path)) as database:
        schema = database.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND substr(name, 1, 4) <> '_cf_'")
        return {name: "".join(sql.split()) for name, sql in schema}


def applied(path: Path) -> list[tuple[int, str]]:
    """The migrations that a database has had."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT id, name FROM d1_migrations ORDER BY id").fetchall()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, upstream_server: DemoUpstream) -> Iterator[Edge]:
    """An edge for those with a token, behind a proxy on this machine."""
    settings = {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream_server.base_url, "ACCESS_TOKENS": ENTRIES}
    settings |= {"PROXY": "127.0.0.1", "SYSTEM_PROMPT": PROMPT, "MAX_MESAGES": "5"}
    with make_serve(tmp_path_factory.mktemp("serve") / "data", settings) as edge:
        yield edge


@pytest.fixture
def alice(edge: Edge) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=edge.url, headers=bearing(ALICE), timeout=30) as client:
        yield client


class TestAChat:
    def test_is_streamed_under_the_owners_settings(self, alice: httpx.Client, upstream: DemoUpstream) -> None:
        answer = alice.post("/v1/chat/completions", json=question())
        assert (answer.status_code, answer.headers["x-answered-by"]) == (200, "upstream")
        assert answer.text.startswith("data: {")
        assert answer.text.endswith("data: [DONE]\n\n")
        (call,) = upstream.calls
        assert call.header("authorization") == f"Bearer {KEY}"
        assert json.loads(call.body)["messages"][0] == {"role": "system", "content": PROMPT}

    def test_a_name_that_is_no_setting_and_a_token_that_has_expired_are_told(self, edge: Edge) -> None:
        for sentence in (
            "MAX_MESAGES (in the environment) is no setting; did you mean MAX_MESSAGES?",
            "the access token of old expired at 2026-01-31T00:00Z",
        ):
            assert edge.printed.count(f"make serve: warning: {sentence}\n") == 1

    def test_stop_ends_the_upstream(self, alice: httpx.Client, upstream: DemoUpstream) -> None:
        upstream.faults["endless"] = endless
        with alice.stream("POST", "/", json=question(model="demo/fault-endless")) as answer:
            next(answer.iter_raw())
        upstream.calls.wait_for(closed_by_client(1))

    def test_needs_a_token(self, edge: Edge, upstream: DemoUpstream) -> None:
        for token, code in (({}, "missing_token"), (bearing("ionet_guessed"), "invalid_token")):
            answer = httpx.post(f"{edge.url}/", json=question(), headers=token)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
        assert not upstream.calls


class TestFiles:
    PATHS = (
        *("/", "/css/base.css", "/vendor/page.js", "/service-worker.js", "/icon.svg", "/manifest.webmanifest"),
        *("/ionet-stream.js", "/api/openapi.json", "/examples/minimal", "/examples/minimal.html", "/index.html"),
        *("/api", "/api.html", "/css/", "/_headers", "/nothing"),
    )

    def test_are_answered_as_under_wrangler_dev(self, edge: Edge, start_worker: StartWorker) -> None:
        """With all headers, the security headers among them, but for those that are each server's own."""
        usual = start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES).url
        own = {
            "cf-cache-status",
            "connection",
            "content-length",
            "date",
            "etag",
            "keep-alive",
            "transfer-encoding",
            "x-request-id",
        }

        def answer(url: str) -> dict[str, str]:
            answered = httpx.get(url, headers={"accept-encoding": "identity"})
            headers = {name: value for name, value in answered.headers.items() if name not in own}
            return headers | {"status": str(answered.status_code), "body": answered.text}

        for path in self.PATHS:
            assert answer(edge.url + path) == answer(usual + path), path

    def test_are_not_sent_again_when_they_are_the_same(self, edge: Edge) -> None:
        for path in ("/", "/vendor/page.js"):
            first = httpx.get(edge.url + path)
            again = httpx.get(edge.url + path, headers={"if-none-match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")

    @pytest.mark.parametrize(
        "path",
        [
            "/../wrangler.toml",
            "/%2e%2e/wrangler.toml",
            "/css/..%2f..%2fwrangler.toml",
            "/css/%2e%2e%5c..%5cwrangler.toml",
            "//etc/passwd",
            f"/{ROOT}/wrangler.toml",
            "/css/base.css%00.html",
            "/.assetsignore",
        ],
    )
    def test_lie_in_public_and_nowhere_else(self, edge: Edge, path: str) -> None:
        answer = exchange(edge.port, f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        while answer.status in (307, 308):
            location = answer.headers["location"]
            answer = exchange(edge.port, f"GET {location} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        assert answer.status in (0, 400, 404)

    def test_whose_name_begins_with_a_dot_are_none(self, tmp_path: Path) -> None:
        public, port = tmp_path / "public", free_port()
        for name in ("_headers", "seen.txt", ".secret", ".well/known.txt", "css/.secret"):
            (public / name).parent.mkdir(parents=True, exist_ok=True)
            (public / name).write_text("")
        nothing = workerd.javascript_worker(tmp_path, ROOT / "tools" / "serve" / "cache.js", {})
        files = configuration.assets_service(public, workerd.wrangler_toml()["assets"])
        services = [configuration.NETWORK, configuration.worker_service("main", nothing), files]
        path = tmp_path / "workerd.capnp"
        path.write_text(configuration.config(tmp_path, services, '"assets"', f'address = "127.0.0.1:{port}", '))
        with running([*workerd.COMMAND, str(path)], cwd=ROOT) as process:
            assert wait_until_answered(f"http://127.0.0.1:{port}/seen.txt", process).status_code == 200
            for name in ("_headers", ".secret", ".well/known.txt", "css/.secret"):
                assert httpx.get(f"http://127.0.0.1:{port}/{name}").status_code == 504  # what that Worker answers


class TestWhoAsks:
    def test_is_counted_by_what_the_proxy_says_whatever_the_client_writes(self, edge: Edge, upstream: DemoUpstream) -> None:
        """The proxy puts the address that it sees behind what its client has written."""
        with httpx.Client(base_url=edge.url) as client:

            def ask(number: int, address: str) -> int:
                own = f"198.51.100.{number}"
                headers = {"cf-connecting-ip": own, "x-real-ip": own, "x-forwarded-for": f"{own}, {address}"}
                return client.post("/", headers=headers).status_code

            statuses = [ask(number, "203.0.113.7") for number in range(SENT_AT_MOST)]
            assert statuses[:LIMIT] == [401] * LIMIT
            assert 429 in statuses
            assert ask(0, "203.0.113.8") == 401
        assert not upstream.calls


def test_history_outlives_a_restart_and_a_missed_cron_is_made_up_for(tmp_path: Path, upstream: DemoUpstream) -> None:
    settings = {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream.base_url, "ALLOW_ANONYMOUS": "true"}
    settings |= {"DAILY_TOKEN_BUDGET": "1000", "MAX_COMPLETION_TOKENS": "10"}
    data = tmp_path / "data"
    with make_serve(data, settings) as edge, httpx.Client(base_url=edge.url) as client:
        first = client.get("/api/history", headers={"x-forwarded-proto": "https"})
        assert "Secure" not in first.headers["set-cookie"]  # nobody has been named who could say so
        given = put(client, room(title="お茶"))
        spoofed = [client.post("/", headers={"cf-connecting-ip": "203.0.113.7"}).status_code for _ in range(SENT_AT_MOST)]
        assert spoofed == [400] * SENT_AT_MOST  # this machine is not counted, so nor was what it said it was

        command_lines = [part for process in edge.family() for part in process.cmdline()]
        assert not [part for part in command_lines if KEY in part]
        assert all(path.stat().st_mode & 0o077 == 0 for path in [data, *data.rglob("*")])
        assert not [path for path in data.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
        with make_serve(data, settings) as another:
            assert another.process.wait(20) != 0
            assert f"make serve: {data} is in use by another make serve" in another.printed
        with make_serve(tmp_path / "other", settings, edge.port) as another:
            assert another.process.wait(20) != 0
            assert f"make serve: port {edge.port} cannot be used" in another.printed
        edge.end()

    with closing(sqlite3.connect(database_of(data))) as database, database:
        database.execute("INSERT INTO token_usage (identity, day, tokens) VALUES ('old', '2020-01-01', 1)")
    for path in data.glob("cron/ionet-edge/*.sqlite"):
        with closing(sqlite3.connect(path)) as clock, clock:
            alarm = "_cf_ALARM SET scheduled_time = 1" if path.stem == "metadata" else "_cf_METADATA SET value = 1"
            clock.execute(f"UPDATE {alarm}")

    with (
        make_serve(data, {**settings, "PROXY": "127.0.0.1"}) as edge,
        httpx.Client(base_url=edge.url, cookies=client.cookies) as again,
    ):
        own_page = {"host": "edge.example.com", "origin": "https://edge.example.com", "x-forwarded-proto": "https"}
        answer = again.get("/api/rooms", headers=own_page)
        assert answer.json()["rooms"] == [given]
        assert "; Secure" in answer.headers["set-cookie"]
        deadline = time.monotonic() + 10
        with closing(sqlite3.connect(database_of(data))) as database:
            while database.execute("SELECT 1 FROM token_usage WHERE identity = 'old'").fetchone():
                assert time.monotonic() < deadline, "the day of long ago was not forgotten"
                time.sleep(0.05)
        edge.end(signal.SIGTERM)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the program sqlite3 is not installed")
def test_a_backup_is_made_while_it_runs(edge: Edge, alice: httpx.Client) -> None:
    kept = put(alice, room())
    (command,) = [line for line in commands(ROOT / "docs" / "self-hosting.md") if "backup" in line]
    subprocess.run(["bash", "-euc", command], cwd=edge.data.parent, check=True)
    with closing(sqlite3.connect(edge.data.parent / "backup" / database_of(edge.data).name)) as backup:
        assert (kept["id"],) in backup.execute("SELECT id FROM rooms").fetchall()


def test_closed_before_its_owner_says_for_whom(tmp_path: Path, upstream: DemoUpstream) -> None:
    with make_serve(tmp_path / "data", {"IONET_API_KEY": KEY, "IONET_BASE_URL": upstream.base_url}) as edge:
        assert "It serves nobody yet: This edge is not set up. ACCESS_TOKENS: not set" in edge.printed
        answer = httpx.post(f"{edge.url}/", json=question())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_configured")
        assert not upstream.calls


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"HOST": "somewhere"}, "HOST: expected an IP address"),
        ({"PROXY": "127.0.0.1, proxy"}, "PROXY: expected an IP address"),
        ({"DATA": "/dev/null/data"}, "DATA: /dev/null/data cannot be used as a folder"),
    ],
)
def test_what_stands_in_the_way_is_told(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    with make_serve(tmp_path / "data", settings) as edge:
        assert edge.process.wait(20) != 0
        assert f"make serve: {message}" in edge.printed
        assert "Traceback" not in edge.printed


class TestMigrations:
    def test_make_what_wrangler_makes(self, edge: Edge, tables_made: Path) -> None:
        (wranglers,) = (path for path in tables_made.rglob("*D1Database*/*.sqlite") if path.stem != "metadata")
        assert tables(database_of(edge.data)) == tables(wranglers)
        assert applied(database_of(edge.data)) == applied(wranglers)

    def test_are_applied_once_and_one_that_fails_changes_nothing(self, tmp_path: Path) -> None:
        data, migrations = tmp_path / "data", tmp_path / "migrations"
        (data / "d1").mkdir(parents=True)
        migrations.mkdir()
        (migrations / "0002_b.sql").write_text(
            "CREATE TABLE b (x); -- with a comment; and more\nINSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1);"
        )
        (migrations / "0001_a.sql").write_text("CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n")
        with pytest.raises(CannotStart, match=r"stays as it was before 0002_b\.sql: no such table: nowhere"):
            migrate(data, migrations)
        assert applied(database_of(data)) == [(1, "0001_a.sql")]

        (migrations / "0002_b.sql").write_text("CREATE TABLE b (x);")
        assert migrate(data, migrations) == ["0002_b.sql"]
        assert migrate(data, migrations) == []
        with closing(sqlite3.connect(database_of(data))) as database:
            assert database.execute("SELECT x FROM a").fetchall() == [(1,)]
