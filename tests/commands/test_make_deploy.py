"""`make deploy` from a clone, with the real wrangler, against Cloudflare's API as tests/commands/cloudflare.py plays it."""

import contextlib
import json
import os
import pty
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from gateway.base.tokens import digest, parse_tokens
from tests.commands.cloudflare import ACCOUNT, API_TOKEN, BOOKMARK, Cloudflare, Upload, Worker, edge_answer
from tests.commands.project import copy_into
from tests.conftest import KEY
from tests.documents import commands
from tests.tokens import ALICE
from tools import wrangler
from tools.deploy import settings, smoke
from tools.deploy.plan import configuration, namespace
from tools.deploy.problem import CannotDeploy
from tools.pyodide_bundle import ROOT
from tools.workerd import wrangler_toml

ENTRIES = f"alice:{digest(ALICE)}"
MAIN = "ionet-edge"
STAGING = "ionet-edge-staging"
OPERATING = commands(ROOT / "docs" / "operating.md")


@dataclass
class Ran:
    """A run of `make deploy`: its exit code, and all that it printed."""

    code: int
    printed: str

    @property
    def last_line(self) -> str:
        return [line for line in self.printed.splitlines() if line.startswith("make deploy:")][-1]


@dataclass
class Clone:
    """A clone that is set up, and the account that it deploys to."""

    path: Path
    cloudflare: Cloudflare

    def deploy(self, *arguments: str, typed: str | None = None, **variables: str) -> Ran:
        """`make deploy` with these arguments and variables; `typed` is what a person answers the question for the key, at a terminal."""
        command = ["make", "deploy", *arguments]
        return self.run(command, **variables) if typed is None else self._at_a_terminal(command, variables, typed)

    def run(self, command: Sequence[str], given: str = "", **variables: str) -> Ran:
        """A command in the clone, with nobody at a terminal; `given` is its standard input."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self._environment() | variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    def put(self, file: str, old: str, new: str) -> None:
        path = self.path / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    def files_that_hold(self, secret: str) -> list[Path]:
        """Files of the clone, of wrangler's logs, and of the temporary directory with the secret in them."""
        places = (self.path.parent / "home", self.path.parent / "tmp", self.path)
        files = (path for place in places for path in place.rglob("*") if path.is_file())
        return [path for path in files if secret.encode() in path.read_bytes()]

    def _environment(self) -> dict[str, str]:
        (self.path.parent / "tmp").mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path.parent / "home"),
            "TMPDIR": str(self.path.parent / "tmp"),
            "CLOUDFLARE_API_BASE_URL": self.cloudflare.api,
            "CLOUDFLARE_API_TOKEN": API_TOKEN,
            "ADDRESS": self.cloudflare.address(MAIN),
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def _at_a_terminal(self, command: Sequence[str], variables: dict[str, str], typed: str) -> Ran:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            command,
            cwd=self.path,
            env=self._environment() | variables,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            assert process.stdout
            printed = ""
            while not printed.endswith("(not shown): ") and (character := process.stdout.read(1)):
                printed += character
            os.write(ours, f"{typed}\n".encode())
            printed += process.stdout.read()
        os.set_blocking(ours, False)
        with contextlib.suppress(OSError):
            printed += os.read(ours, 10_000).decode()  # what the terminal echoed
        os.close(ours)
        return Ran(process.returncode, printed)


@contextlib.contextmanager
def account(upstream_ports: set[int]) -> Iterator[Cloudflare]:
    with HTTPServer(threaded=True) as server:
        upstream_ports.add(server.port)
        yield Cloudflare(server)
        upstream_ports.remove(server.port)


def as_set_up(command: str) -> list[str]:
    """An `npx wrangler …` of the documentation, with the wrangler and the Node of the set-up."""
    return wrangler.command(*shlex.split(command)[2:])


def clone_into(directory: Path, cloudflare: Cloudflare) -> Clone:
    path = directory / "clone"
    copy_into(path)
    return Clone(path, cloudflare)


@pytest.fixture
def cloudflare(upstream_ports: set[int]) -> Iterator[Cloudflare]:
    with account(upstream_ports) as made:
        yield made


@pytest.fixture
def clone(tmp_path: Path, cloudflare: Cloudflare) -> Clone:
    return clone_into(tmp_path, cloudflare)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, upstream_ports: set[int]) -> Iterator[tuple[Clone, Ran]]:
    """A clone that was deployed for the first time, without anybody at a terminal, and what that printed."""
    with account(upstream_ports) as cloudflare:
        clone = clone_into(tmp_path_factory.mktemp("deployed"), cloudflare)
        clone.put(
            "wrangler.toml", "node tools/page.mjs", "node tools/page.mjs && env >environment.txt"
        )  # what wrangler's build could read
        yield clone, clone.deploy(IONET_API_KEY=KEY, ACCESS_TOKENS=ENTRIES, SMOKE_TOKEN=ALICE)


class TestFromNothingToAnEdge:
    def test_the_worker_is_whole_and_has_its_secrets_from_the_first_moment(self, deployed: tuple[Clone, Ran]) -> None:
        clone, ran = deployed
        assert ran.code == 0, ran.printed
        (first, *_) = clone.cloudflare.workers[MAIN].uploads
        assert {name: binding["text"] for name, binding in first.bindings("secret_text").items()} == {
            "IONET_API_KEY": KEY,
            "ACCESS_TOKENS": ENTRIES,
        }
        sources = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
        assert {name for name in first.modules if name.endswith(".py") and not name.startswith("python_modules/")} == sources
        assert "python_modules/workers/__init__.py" in first.modules
        assert set(first.bindings("ratelimit")) == {"RATE_LIMITER", "HISTORY_RATE_LIMITER"}
        assert first.metadata["compatibility_flags"] == wrangler_toml()["compatibility_flags"]

    def test_its_database_has_its_tables_before_the_worker_is_there(self, deployed: tuple[Clone, Ran]) -> None:
        clone, _ = deployed
        (database, connection) = clone.cloudflare.databases[MAIN]
        assert clone.cloudflare.workers[MAIN].uploads[0].bindings("d1")["DB"]["id"] == database
        assert {"token_usage", "rooms", "messages", "personas"} <= clone.cloudflare.tables(MAIN)
        applied = [name for (name,) in connection.execute("SELECT name FROM d1_migrations")]
        assert applied == sorted(path.name for path in (ROOT / "migrations").glob("*.sql"))
        steps = [f"{method} {path}" for method, path, _ in clone.cloudflare.requests]
        last_migration = max(
            at for at, step in enumerate(steps[: steps.index(f"PUT /workers/scripts/{MAIN}")]) if "query" in step
        )
        assert last_migration < steps.index(f"PUT /workers/scripts/{MAIN}")

    def test_it_says_where_it_is_and_that_it_works(self, deployed: tuple[Clone, Ran]) -> None:
        clone, ran = deployed
        assert f"Deployed: {clone.cloudflare.address(MAIN)}" in ran.printed
        assert "A chat without a token is refused." in ran.printed
        assert "A chat is answered, as a stream." in ran.printed
        assert "docs/operating.md" in ran.printed

    def test_no_secret_is_printed_kept_or_sent_but_in_the_one_upload(self, deployed: tuple[Clone, Ran]) -> None:
        clone, ran = deployed
        assert API_TOKEN not in ran.printed
        for secret in (KEY, ALICE, digest(ALICE)):
            assert secret not in ran.printed
            assert clone.files_that_hold(secret) == []
        assert clone.cloudflare.calls_that_hold(KEY) == [f"PUT /workers/scripts/{MAIN}"]
        assert clone.cloudflare.calls_that_hold(digest(ALICE)) == [f"PUT /workers/scripts/{MAIN}"]
        assert clone.cloudflare.calls_that_hold(ALICE) == []

    def test_a_dry_run_of_the_written_configuration_uploads_what_plain_wrangler_does(self, deployed: tuple[Clone, Ran]) -> None:
        clone, _ = deployed
        trees = []
        for number, arguments in enumerate(([], ["--config", f"wrangler.{MAIN}.json"])):
            state, out = clone.path.parent / "home", clone.path.parent / f"out-{number}"
            command = wrangler.command("deploy", "--dry-run", "--outdir", str(out), *arguments)
            subprocess.run(command, cwd=clone.path, env=wrangler.environment(state), capture_output=True, check=True)
            files = (path for path in out.rglob("*") if path.is_file() and path != out / "README.md")  # which has the time
            trees.append({str(path.relative_to(out)): path.read_bytes() for path in files})
        assert trees[0] == trees[1]
        assert "python_modules/workers/__init__.py" in trees[0]

    def test_a_second_time_asks_nothing_and_makes_nothing_anew(self, deployed: tuple[Clone, Ran]) -> None:
        clone, _ = deployed
        worker = clone.cloudflare.workers[MAIN]
        before, databases = len(worker.uploads), dict(clone.cloudflare.databases)
        ran = clone.deploy()
        assert ran.code == 0, ran.printed
        assert "No migrations to apply" in ran.printed
        assert "SMOKE_TOKEN is not set" in ran.printed
        assert clone.cloudflare.databases == databases
        assert len(worker.uploads) == before + 1
        assert worker.uploads[-1].bindings("secret_text") == {}
        assert "secret_text" in worker.uploads[-1].metadata["keep_bindings"]
        assert worker.uploads[-1].bindings("ratelimit") == worker.uploads[0].bindings("ratelimit")

    def test_an_environment_is_another_worker_with_all_of_its_own(self, deployed: tuple[Clone, Ran]) -> None:
        clone, _ = deployed
        other_key = f"{KEY}-of-staging"
        address = clone.cloudflare.address(STAGING)
        ran = clone.deploy("ENV=staging", IONET_API_KEY=other_key, ACCESS_TOKENS=ENTRIES, SMOKE_TOKEN=ALICE, ADDRESS=address)
        assert ran.code == 0, ran.printed
        main, staging = (clone.cloudflare.workers[name] for name in (MAIN, STAGING))
        assert (main.secrets["IONET_API_KEY"], staging.secrets["IONET_API_KEY"]) == (KEY, other_key)
        assert staging.uploads[0].bindings("d1")["DB"]["id"] == clone.cloudflare.databases[STAGING][0]
        assert clone.cloudflare.tables(STAGING) == clone.cloudflare.tables(MAIN)
        numbers = [
            binding["namespace_id"] for worker in (main, staging) for binding in worker.uploads[0].bindings("ratelimit").values()
        ]
        assert len(set(numbers)) == 4


def test_by_hand_it_is_the_commands_of_the_documentation(clone: Clone) -> None:
    by_hand = [command for command in OPERATING if command.startswith("npx wrangler ") and "CONFIG" not in command]
    secrets = {"IONET_API_KEY": KEY, "ACCESS_TOKENS": ENTRIES}
    (clone.path / "secrets.json").write_text(json.dumps(secrets))
    for command in by_hand[1:]:  # after the log-in
        done = clone.run(as_set_up(command))
        assert done.code == 0, done.printed
        assert KEY not in done.printed
    (upload,) = clone.cloudflare.workers[MAIN].uploads
    assert clone.cloudflare.workers[MAIN].secrets == secrets
    assert upload.bindings("d1")["DB"]["id"] == clone.cloudflare.databases[MAIN][0]
    assert "rooms" in clone.cloudflare.tables(MAIN)


class TestADeployedEdge:
    """The commands of docs/operating.md for one."""

    def run(self, deployed: tuple[Clone, Ran], beginning: str, given: str = "") -> Ran:
        """The one command that begins so, at an edge that `make deploy` deployed."""
        clone, _ = deployed
        (command,) = [command for command in OPERATING if command.startswith(f"npx wrangler {beginning}")]
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        command = command.replace("CONFIG", f"wrangler.{MAIN}.json").replace("TIME", f"{an_hour_ago:%FT%TZ}")
        ran = clone.run(as_set_up(command), given)
        assert ran.code == 0, ran.printed
        return ran

    def test_is_rolled_back_to_the_version_before(self, deployed: tuple[Clone, Ran]) -> None:
        versions = deployed[0].cloudflare.workers[MAIN].deployed
        versions.insert(-1, "the version before")
        self.run(deployed, "rollback")
        assert versions[-1] == "the version before"

    def test_gets_another_secret(self, deployed: tuple[Clone, Ran]) -> None:
        ran = self.run(deployed, "secret put IONET_API_KEY", f"another-{KEY}\n")
        assert deployed[0].cloudflare.workers[MAIN].secrets["IONET_API_KEY"] == f"another-{KEY}"
        assert KEY not in ran.printed

    def test_gets_the_list_of_tokens_that_its_owner_keeps(self, deployed: tuple[Clone, Ran]) -> None:
        clone, _ = deployed
        entries = f"{ENTRIES} bob:{digest('bob')}"
        (clone.path / "edge.vars").write_text(f"ACCESS_TOKENS='{entries}'\n")
        (command,) = [command for command in OPERATING if "secret put ACCESS_TOKENS" in command]
        command = command.replace("CONFIG", f"wrangler.{MAIN}.json").replace(
            "npx wrangler", shlex.join(as_set_up("npx wrangler"))
        )
        ran = clone.run(["sh", "-c", command])
        assert ran.code == 0, ran.printed
        assert parse_tokens(clone.cloudflare.workers[MAIN].secrets["ACCESS_TOKENS"]) == parse_tokens(entries)

    def test_takes_its_database_back_in_time(self, deployed: tuple[Clone, Ran]) -> None:
        assert BOOKMARK in self.run(deployed, "d1 time-travel info").printed
        self.run(deployed, "d1 time-travel restore")
        (restored,) = deployed[0].cloudflare.called("POST", "/d1/database/.+/time_travel/restore")
        assert BOOKMARK.encode() in restored

    def test_gives_a_dump_of_its_database(self, deployed: tuple[Clone, Ran]) -> None:
        self.run(deployed, "d1 export")
        assert (deployed[0].path / "backup.sql").read_text() == "-- a dump"
        (export,) = deployed[0].cloudflare.called("POST", "/d1/database/.+/export")
        assert b"sqlite3_cli_only" in export


class TestAtATerminal:
    def test_the_key_is_asked_for_without_echo_and_a_token_is_shown_once(self, clone: Clone) -> None:
        ran = clone.deploy("LABEL=jane", typed=KEY)
        assert ran.code == 0, ran.printed
        (token,) = re.findall(r"^  (ionet_\S+)$", ran.printed, re.MULTILINE)
        assert ran.printed.count(token) == 1
        assert f"\n  ACCESS_TOKENS=jane:{digest(token)}:::owner\n" in ran.printed.replace("\r", "")
        assert KEY not in ran.printed
        assert "A chat is answered, as a stream." in ran.printed
        assert clone.cloudflare.workers[MAIN].secrets == {"IONET_API_KEY": KEY, "ACCESS_TOKENS": f"jane:{digest(token)}:::owner"}
        assert clone.cloudflare.calls_that_hold(token) == []
        assert clone.files_that_hold(KEY) == clone.files_that_hold(token) == []

    def test_nobody_gets_a_token_where_everybody_is_let_in(self, clone: Clone) -> None:
        clone.put("wrangler.toml", "[assets]", '[vars]\nALLOW_ANONYMOUS = "true"\n\n[assets]')
        ran = clone.deploy(typed=KEY)
        assert ran.code == 0, ran.printed
        assert "Everybody may use it." in ran.printed
        assert "ionet_" not in ran.printed
        assert set(clone.cloudflare.workers[MAIN].secrets) == {"IONET_API_KEY"}


class TestWhatStandsInTheWay:
    """One sentence, exit code 2 (make's for a failed command), and nothing deployed."""

    @pytest.mark.parametrize(
        ("variables", "sentence"),
        [
            ({"CLOUDFLARE_API_TOKEN": ""}, "not logged in at Cloudflare. Run npx wrangler login, or set CLOUDFLARE_API_TOKEN"),
            ({"CLOUDFLARE_API_TOKEN": "of-nobody"}, "Cloudflare did not take the log-in"),
            ({"ENV": "Staging!"}, "ENV is a short name of small letters, digits and hyphens"),
            ({}, "the Worker has no IONET_API_KEY yet, and nobody is there to be asked. Set it in the environment"),
            ({"IONET_API_KEY": KEY}, "it is not said who may use the Worker. Set ACCESS_TOKENS in the environment"),
            ({"IONET_API_KEY": "two words", "ACCESS_TOKENS": ENTRIES}, "IONET_API_KEY: expected one line of printable ASCII"),
            ({"IONET_API_KEY": KEY, "ACCESS_TOKENS": ALICE}, "ACCESS_TOKENS: expected as a label"),
        ],
    )
    def test_before_anything_is_made(self, clone: Clone, variables: dict[str, str], sentence: str) -> None:
        self.fails(clone, sentence, **variables)
        assert clone.cloudflare.databases == {}

    def test_what_means_nothing_is_warned_of_before(self, clone: Clone) -> None:
        clone.put("wrangler.toml", "[assets]", "[vars]\nMAX_MESAGES = 5\n\n[assets]")
        ran = clone.deploy("USAGE=on", "EVN=staging", CLOUDFLARE_API_TOKEN="")
        assert ran.code == 2
        for sentence in (
            "MAX_MESAGES (in wrangler.toml) is no setting; did you mean MAX_MESSAGES?",
            "EVN (on the line) is no setting; did you mean ENV?",
            "USAGE (on the line) changes nothing here: put it under [vars] in wrangler.toml",
        ):
            assert f"make deploy: warning: {sentence}\n" in ran.printed

    def test_several_accounts(self, clone: Clone) -> None:
        clone.cloudflare.accounts["f" * 32] = "Another"
        self.fails(clone, f"which account? Set CLOUDFLARE_ACCOUNT_ID to one of those that the log-in has: {ACCOUNT}")

    def test_a_secret_that_stands_where_it_is_none(self, clone: Clone) -> None:
        clone.put("wrangler.toml", "[assets]", f'[vars]\nIONET_API_KEY = "{KEY}"\n\n[assets]')
        self.fails(clone, "IONET_API_KEY stands under [vars] in wrangler.toml, where it is no secret")

    def test_a_migration_that_fails(self, clone: Clone) -> None:
        (clone.path / "migrations" / "9999_wrong.sql").write_text("CREATE TABLE fine (id); INSERT INTO nowhere VALUES (1);")
        self.fails(clone, "a migration failed", IONET_API_KEY=KEY, ACCESS_TOKENS=ENTRIES)
        assert "fine" not in clone.cloudflare.tables(MAIN)

    def test_an_upload_that_fails_leaves_no_secret_behind(self, clone: Clone) -> None:
        clone.cloudflare.refusals[f"/workers/scripts/{MAIN}"] = (400, 10021, "the script is not good")
        self.fails(clone, "wrangler deploy failed", IONET_API_KEY=KEY, ACCESS_TOKENS=ENTRIES)
        assert clone.files_that_hold(KEY) == []

    def fails(self, clone: Clone, sentence: str, **variables: str) -> None:
        ran = clone.deploy(**variables)
        assert ran.code == 2
        assert ran.last_line.startswith(f"make deploy: {sentence}") or sentence in ran.last_line
        assert "Traceback" not in ran.printed
        assert KEY not in ran.printed
        assert ALICE not in ran.printed
        assert clone.cloudflare.workers == {}


class TestSettings:
    BOTH: ClassVar = {"IONET_API_KEY", "ACCESS_TOKENS"}

    def test_not_everybody_is_not_somebody(self) -> None:
        with pytest.raises(CannotDeploy, match="it is not said who may use the Worker"):
            settings.new_access_token({"ALLOW_ANONYMOUS": "false"}, set(), {})
        assert settings.new_access_token({"ACCESS_TEAM_DOMAIN": "https://jane.cloudflareaccess.com"}, set(), {}) == ("", {})

    def test_what_contradicts_itself_does_not_come_to_be_deployed(self) -> None:
        with pytest.raises(CannotDeploy, match="MAX_COMPLETION_TOKENS: expected together with a budget"):
            settings.check({"DAILY_TOKEN_BUDGET": 1000}, self.BOTH, {})
        settings.check({"DAILY_TOKEN_BUDGET": 1000, "MAX_COMPLETION_TOKENS": 100, "TITLES": "on"}, self.BOTH, {})

    def test_a_setting_that_is_stored_as_a_secret_may_be_right(self) -> None:
        settings.check({"DAILY_TOKEN_BUDGET": 1000}, {*self.BOTH, "MAX_COMPLETION_TOKENS"}, {})


class TestTheLookAtTheEdge:
    @pytest.fixture(autouse=True)
    def a_worker(self, cloudflare: Cloudflare) -> None:
        worker = cloudflare.workers[MAIN] = Worker()
        worker.uploads.append(Upload({"bindings": []}, set()))
        worker.secrets |= {"IONET_API_KEY": KEY, "ACCESS_TOKENS": ENTRIES}

    def look(self, cloudflare: Cloudflare, token: str = ALICE) -> list[str]:
        return smoke.look(cloudflare.address(MAIN), token, may_be_open=False)

    def test_a_good_one(self, cloudflare: Cloudflare) -> None:
        assert len(self.look(cloudflare)) == 3

    @pytest.mark.parametrize(
        ("path", "status", "body", "sentence"),
        [
            (
                "api/health",
                503,
                '{"error": {"message": "This edge is not set up."}}',
                "does not serve: 503 (This edge is not set up.)",
            ),
            ("api/config", 200, '{"token_required": false}', "serves everybody, which its settings do not say"),
            ("api/config", 200, "<html>", "does not tell at /api/config whether it needs a token"),
            ("v1/chat/completions", 200, "data: [DONE]", "a chat without a token got 200 in place of 401"),
        ],
    )
    def test_a_bad_one(self, cloudflare: Cloudflare, path: str, status: int, body: str, sentence: str) -> None:
        cloudflare.edge_answers[path] = edge_answer(body, status)
        with pytest.raises(CannotDeploy, match=re.escape(f"it is deployed, but {sentence}")):
            self.look(cloudflare)

    def test_a_token_that_is_not_the_edges(self, cloudflare: Cloudflare) -> None:
        with pytest.raises(CannotDeploy, match="a chat got 401") as raised:
            self.look(cloudflare, "ionet_canaryNOBODY")
        assert "canary" not in str(raised.value)

    def test_an_answer_that_is_no_whole_stream(self, cloudflare: Cloudflare) -> None:
        cloudflare.workers[MAIN].secrets["ALLOW_ANONYMOUS"] = "true"
        cloudflare.edge_answers["v1/chat/completions"] = edge_answer("data: {}\n\n", content_type="text/event-stream")
        with pytest.raises(CannotDeploy, match="no whole stream"):
            smoke.look(cloudflare.address(MAIN), "", may_be_open=True)

    def test_an_answer_that_breaks_off(self, cloudflare: Cloudflare) -> None:
        broken = edge_answer("")
        broken.headers["content-length"] = "9"
        cloudflare.edge_answers["api/config"] = broken
        with pytest.raises(CannotDeploy, match="/api/config broke off"):
            self.look(cloudflare)

    def test_cloudflare_access_stands_before_it(self, cloudflare: Cloudflare) -> None:
        headers = {"location": "https://jane.cloudflareaccess.com/cdn-cgi/access/login"}
        cloudflare.edge_answers["api/health"] = Response(status=302, headers=headers)
        assert "Cloudflare Access stands before it" in self.look(cloudflare)[0]

    def test_an_address_at_which_nothing_of_it_is(self, cloudflare: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(smoke, "READY_SECONDS", 0.1)
        cloudflare.edge_answers["api/health"] = Response("There is nothing here yet", 404)
        with pytest.raises(CannotDeploy, match="nothing of it answered"):
            self.look(cloudflare)

    def test_what_it_finds_fails_the_command(self, clone: Clone) -> None:
        health = edge_answer('{"error": {"message": "This edge is not set up."}}', 503)
        clone.cloudflare.edge_answers["api/health"] = health
        ran = clone.deploy(IONET_API_KEY=KEY, ACCESS_TOKENS=ENTRIES)
        assert ran.code == 2
        assert ran.last_line == "make deploy: it is deployed, but does not serve: 503 (This edge is not set up.)"
        assert KEY not in ran.printed


class TestWhatBecomesOfWranglerToml:
    TOML: ClassVar[dict[str, Any]] = {
        "name": "edge",
        "routes": ["chat.example.com/*"],
        "workers_dev": False,
        "vars": {"DEFAULT_MODEL": "a/b"},
        "ratelimits": [{"name": "LIMITER", "namespace_id": "1", "simple": {"limit": 1, "period": 60}}],
        "d1_databases": [{"binding": "DB", "database_name": "edge", "database_id": "of-edge"}],
        "env": {"staging": {"vars": {"DEFAULT_MODEL": "c/d"}}},
    }

    def test_the_worker_that_it_names_stays_as_it_is_but_for_its_counters(self) -> None:
        config = configuration(self.TOML, "")
        limiter = self.TOML["ratelimits"][0] | {"namespace_id": namespace("edge", "1")}
        assert config == {name: value for name, value in self.TOML.items() if name != "env"} | {"ratelimits": [limiter]}

    def test_an_environment_takes_nothing_from_the_main_worker(self) -> None:
        config = configuration(self.TOML, "staging")
        assert config["name"] == "edge-staging"
        assert "routes" not in config
        assert config["workers_dev"] is True
        assert config["d1_databases"] == [{"binding": "DB", "database_name": "edge-staging"}]
        assert config["vars"] == {"DEFAULT_MODEL": "c/d"}

    def test_counters_are_one_workers_own_and_stay_so(self) -> None:
        numbers = [int(namespace(worker, number)) for worker in ("a", "b") for number in ("1", "2")]
        assert len(set(numbers)) == 4
        assert all(0 < number < 2**31 for number in numbers)
        assert namespace("ionet-edge", "1310786453") == namespace("ionet-edge", "1310786453")
