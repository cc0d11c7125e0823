"""The README's commands, run as a newcomer runs them."""

import contextlib
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from gateway.base.tokens import digest
from tests.commands.project import copy_into
from tests.conftest import question
from tests.documents import commands
from tests.tokens import ALICE
from tools import dev, wrangler
from tools.processes import free_port
from tools.pyodide_bundle import ROOT
from tools.upstream.server import DemoUpstream

READY_SECONDS = 90


@contextmanager
def make_dev(*settings: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`make dev` in a process group of its own, up to its last line before it waits; gives the process and what it printed."""
    process = subprocess.Popen(
        ["make", "dev", *settings],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        yield process, printed
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_first_run_streams_from_the_demo_and_leaves_nothing_behind(stop: signal.Signals) -> None:
    port = free_port()
    with make_dev(f"PORT={port}", IONET_API_KEY="") as (process, printed):
        assert f"http://127.0.0.1:{port}" in printed
        assert "DEMO upstream" in printed
        assert "io.net is not called" in printed
        assert "wrangler" not in printed
        curl = next(line for line in printed.splitlines() if "curl -N" in line)
        answer = subprocess.run(shlex.split(curl), capture_output=True, text=True, timeout=60, check=True).stdout
        assert len(answer) > 20
        assert "authorization" not in printed
        assert "data:" not in answer
        assert process.stdout
        line = next(line for line in process.stdout if "/chat" in line)
        assert re.fullmatch(r"\d\d:\d\d:\d\d 200 POST /chat \S+ \d+ ms anonymous \S+\n", line)

        started = family(process)
        assert len(started) > 3
        os.killpg(process.pid, stop)
        _, alive = psutil.wait_procs(started, timeout=20)
        assert not alive
        assert "Traceback" not in process.stdout.read()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}")


def test_settings_on_the_line_and_in_the_environment(ports: Iterator[int]) -> None:
    """Those of the README's lines, at once."""
    shown = [line.removeprefix("make dev ") for line in commands(ROOT / "README.md") if re.match("make dev (PORT|IONET)", line)]
    port = next(ports)
    with DemoUpstream(pace=0) as upstream:
        line = " ".join(shown).replace("8788", str(port)).replace("http://127.0.0.1:9950/v1", upstream.base_url)
        line = line.replace("IONET_API_KEY=any", "IONET_API_KEY=given-key")
        with make_dev(*shlex.split(line), SYSTEM_PROMPT="Be brief.") as (_, printed):
            assert upstream.base_url in printed
            assert "given-key" not in printed
            httpx.post(f"http://127.0.0.1:{port}/", json=question(), timeout=30)
            (call,) = upstream.calls
            assert call.header("authorization") == "Bearer given-key"
            assert b'"model":"deepseek-ai/DeepSeek-R1"' in call.body
            assert b"Be brief." in call.body


@pytest.fixture
def ports(tables_made: Path) -> Iterator[int]:
    """Free ports at which `make dev` has run before: their databases have their tables."""

    def used_before() -> int:
        port = free_port()
        state = dev.STATES / str(port)
        shutil.copytree(tables_made, state)
        (state / dev.MIGRATED).write_text(dev.migrations())
        return port

    return (used_before() for _ in itertools.count())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project where people have their folders, whose page is yet to be put together."""
    copy = tmp_path / "My projects" / "エッジ"
    copy_into(copy)
    shutil.rmtree(copy / "public" / "vendor")
    return copy


def test_a_folder_with_spaces_and_letters_of_any_language(folder: Path) -> None:
    port = free_port()
    with make_dev("-C", str(folder), f"PORT={port}", IONET_API_KEY=""):
        assert httpx.post(f"http://127.0.0.1:{port}/", json=question(), timeout=30).status_code == 200
        assert "marked" in httpx.get(f"http://127.0.0.1:{port}/vendor/marked.js").text


ODD = ["""Say "it's" `so` for $5, ${HOME} #1 \\$x""", 'In `code`, it\'s\ntwo lines "$y" # and more', "$(shell echo no)"]


def test_values_arrive_as_they_stand_on_the_line_and_two_run_at_once(ports: Iterator[int]) -> None:
    with DemoUpstream(pace=0) as upstream, contextlib.ExitStack() as stack:
        used = [next(ports) for _ in ODD]
        for port, prompt in zip(used, ODD, strict=True):
            given = {"IONET_BASE_URL": upstream.base_url, "IONET_API_KEY": f"key-{port}"}
            stack.enter_context(make_dev(f"PORT={port}", f"SYSTEM_PROMPT={prompt}", **given))
        for port in used:
            assert httpx.post(f"http://127.0.0.1:{port}/", json=question(), timeout=30).status_code == 200
        assert [call.header("authorization") for call in upstream.calls] == [f"Bearer key-{port}" for port in used]
        assert [json.loads(call.body)["messages"][0]["content"] for call in upstream.calls] == ODD


class TestWhosePagesItServes:
    """Any page in the owner's browser reaches 127.0.0.1."""

    def statuses(self, port: int) -> list[int]:
        address = f"http://127.0.0.1:{port}/"
        asked: list[dict[str, str]] = [
            {"origin": "http://localhost:5173"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": f"http://evil.example:{port}", "host": f"evil.example:{port}"},
        ]
        return [self.status(address, {"content-type": "text/plain", **headers}) for headers in asked]

    def status(self, address: str, headers: dict[str, str]) -> int:
        with httpx.stream("POST", address, json=question(), headers=headers, timeout=30) as response:
            return response.status_code

    @pytest.mark.parametrize(
        ("given", "statuses"),
        [
            ({"ALLOWED_ORIGINS": "", "ALLOWED_HOSTS": " "}, [200, 403, 403, 403]),
            ({"ALLOWED_ORIGINS": "https://evil.example"}, [403, 200, 403, 403]),
        ],
    )
    def test_in_front_of_a_key(self, ports: Iterator[int], given: dict[str, str], statuses: list[int]) -> None:
        port = next(ports)
        with (
            DemoUpstream(pace=0) as upstream,
            make_dev(f"PORT={port}", IONET_BASE_URL=upstream.base_url, IONET_API_KEY="given-key", **given),
        ):
            assert self.statuses(port) == statuses
            assert len(upstream.calls) == statuses.count(200)

    def test_in_front_of_the_demo_which_costs_nobody_anything(self, ports: Iterator[int]) -> None:
        port = next(ports)
        with make_dev(f"PORT={port}", IONET_API_KEY=""):
            assert self.statuses(port) == [200, 200, 200, 200]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["MAX_BODY_BYTES=lots"], r"make dev: This edge is not set up\. MAX_BODY_BYTES: expected a whole number"),
        (["PORT=high"], r"make dev: PORT is not a number"),
        (["UPSTREAM=LLM"], r"make dev: UPSTREAM: expected llm, or nothing"),
        (["LOG=JSON"], r"make dev: LOG: expected json, or nothing"),
        (["SYSTEM_PROMPT=a\\"], r"make dev: SYSTEM_PROMPT: a backslash cannot stand"),
    ],
)
def test_a_wrong_setting_is_told(ports: Iterator[int], settings: list[str], message: str) -> None:
    with make_dev(f"PORT={next(ports)}", *settings) as (process, printed):
        assert re.search(message, printed)
        assert process.wait(10) != 0
        assert "Traceback" not in printed


def test_a_name_that_is_no_setting_is_told_wherever_it_stands_and_the_rest_holds(folder: Path) -> None:
    port = free_port()
    (folder / ".dev.vars").write_text("SYSTEM_PROMT=Be brief.\nMAX_MESSAGES=1\n")
    with (folder / "wrangler.toml").open("a") as toml:
        toml.write('[vars]\nALLOWED_ORIGIN = "*"\n')
    line = ["-C", str(folder), f"PORT={port}", "MAX_MESAGES=5"]
    with make_dev(*line, IONET_API_KEY="", DEFAULT_MODL="x/y") as (_, printed):
        for name, place, meant in [
            ("MAX_MESAGES", "on the line", "MAX_MESSAGES"),
            ("DEFAULT_MODL", "in the environment", "DEFAULT_MODEL"),
            ("SYSTEM_PROMT", "in .dev.vars", "SYSTEM_PROMPT"),
            ("ALLOWED_ORIGIN", "in wrangler.toml", "ALLOWED_ORIGINS"),
        ]:
            assert f"make dev: warning: {name} ({place}) is no setting; did you mean {meant}?\n" in printed
        assert printed.count("warning") == 4
        assert printed.index("warning") < printed.index("Ctrl-C")
        assert httpx.get(f"http://127.0.0.1:{port}/api/config").json()["limits"]["max_messages"] == 1


def test_where_a_token_is_needed_the_command_that_is_shown_carries_it_and_an_expired_one_is_told(ports: Iterator[int]) -> None:
    entries = f"alice:{digest(ALICE)} old:{digest('x')}:2026-01-31"
    with make_dev(f"PORT={next(ports)}", IONET_API_KEY="", ACCESS_TOKENS=entries) as (_, printed):
        assert "make dev: warning: the access token of old expired at 2026-01-31T00:00Z\n" in printed
        assert "$TOKEN is yours to set: an access token (make token LABEL=" in printed
        curl = next(line for line in printed.splitlines() if "curl -N" in line)
        asked = subprocess.run(
            curl, shell=True, env=os.environ | {"TOKEN": ALICE}, capture_output=True, text=True, timeout=60, check=True
        )
        assert "demo upstream" in asked.stdout


def test_a_taken_port_is_told() -> None:
    with DemoUpstream() as taken, make_dev(f"PORT={taken.httpserver.port}") as (process, printed):
        assert f"port {taken.httpserver.port} cannot be used" in printed
        assert process.wait(10) != 0


def test_deploy_uploads_what_the_worker_needs_and_nothing_else(tmp_path: Path) -> None:
    result = subprocess.run(
        wrangler.command("deploy", "--dry-run", "--outdir", str(tmp_path)),
        cwd=ROOT,
        env=wrangler.environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    uploaded = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py")}
    sources = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert {name for name in uploaded if not name.startswith("python_modules/")} == sources
    assert "python_modules/workers/__init__.py" in uploaded
    assert "env.ASSETS" in result.stdout
