"""What README's table of clients says: each of them, unmodified, asks the real Worker."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.clients.clients import CLIENTS, COLUMNS, Client, ClientError, Row, Task
from tests.conftest import Handler, StartWorker
from tests.streams import closed_by_client, endless, endless_tool_call
from tests.tokens import ENTRIES, GUESTS
from tools.pyodide_bundle import ROOT
from tools.upstream.frames import Json, split
from tools.upstream.server import DemoUpstream

Play = Callable[[Handler], str]

PACE_SECONDS = 0.001
QUESTION = "Hello there"
FIRST, LAST = f"You asked:\n\n> {QUESTION}\n\n", "to talk to a real model."


@dataclass(frozen=True)
class Started:
    """A client that runs, its row of the table, its own token (the edge counts requests by it), and the answers that it has had."""

    row: Row
    client: Client
    token: str
    answers: Json = field(default_factory=dict)

    def do(self, way: str, base_url: str, model: str | None = None, prompt: str = QUESTION) -> Any:
        usual = "demo/tools" if self.row.objects else "demo/friendly"
        return self.client.do(way, Task(base_url, self.token, model or usual, prompt))

    def answer(self, way: str, base_url: str) -> Json:
        """What it gives for the question, which it is asked once."""
        if way not in self.answers:
            self.answers[way] = self.do(way, base_url)
        answer: Json = self.answers[way]
        return answer


@pytest.fixture(scope="module")
def went_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes what a client wanted to reach that is not on this machine."""
    path = tmp_path_factory.mktemp("client") / "went-out"
    path.touch()
    return path


@pytest.fixture(scope="module")
def started(request: pytest.FixtureRequest, went_out: Path) -> Iterator[Started]:
    row = CLIENTS[request.param]
    with row.start(went_out.parent) as client:
        yield Started(row, client, GUESTS[list(CLIENTS).index(request.param)])


@pytest.fixture(autouse=True)
def nothing_goes_elsewhere(went_out: Path) -> Iterator[None]:
    yield
    assert went_out.read_text() == ""


@pytest.fixture
def base_url(start_worker: StartWorker) -> str:
    return f"{start_worker(ALLOW_ANONYMOUS=None, ACCESS_TOKENS=ENTRIES).url}/v1"


@pytest.fixture
def upstream(upstream: DemoUpstream, monkeypatch: pytest.MonkeyPatch) -> DemoUpstream:
    monkeypatch.setattr(upstream, "pace", PACE_SECONDS)
    return upstream


def who_can(column: str) -> pytest.MarkDecorator:
    names = [name for name, row in CLIENTS.items() if column not in row.cannot]
    return pytest.mark.parametrize("started", names, indirect=True)


def assert_is_all(text: str, started: Started) -> None:
    if started.row.objects:
        assert text == QUESTION  # the demo writes it into each text of a tool's arguments
    else:
        assert text.startswith(FIRST)
        assert text.endswith(LAST)


@who_can("whole")
def test_whole(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    assert_is_all(started.answer("whole", base_url)["text"], started)


@who_can("stream")
def test_stream(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    answer = started.answer("stream", base_url)
    assert_is_all(answer["text"], started)
    assert len(answer["pieces"]) > 1


@who_can("tools")
def test_tools(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    answer = started.do("tools", base_url, "demo/tools", "Tokyo")
    assert "The tool answered:\n\n> 17 degrees and clear in Tokyo\n\n" in answer["text"]
    assert len(upstream.calls) == 2


@who_can("usage")
def test_usage(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    for way in ("whole",) if started.row.objects else ("whole", "stream"):
        answer = started.answer(way, base_url)
        written = json.dumps({"city": answer["text"]}) if started.row.objects else answer["text"]
        assert answer["usage"] == [len(split(QUESTION)), len(split(written))]


@who_can("stop")
def test_stop(started: Started, base_url: str, upstream: DemoUpstream, play: Play) -> None:
    started.do("stop", base_url, play(endless_tool_call if started.row.objects else endless))
    upstream.calls.wait_for(closed_by_client(1))
    assert started.do("whole", base_url)["text"]  # the client goes on working


@who_can("errors")
def test_errors(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    of_401, of_429 = started.row.kinds
    with pytest.raises(ClientError) as raised:
        started.client.do("whole", Task(base_url, "theirs", "demo/friendly", QUESTION))
    assert (raised.value.kind, raised.value.status) == (of_401, 401)
    assert "The access token is not one of this edge's." in raised.value.text
    assert not upstream.calls

    with pytest.raises(ClientError) as raised:
        started.do("stream", base_url, "demo/fault-429")
    assert (raised.value.kind, raised.value.status) == (of_429, 429)
    assert "Rate limit reached." in raised.value.text
    assert len(upstream.calls) == started.row.tries


@who_can("models")
def test_models(started: Started, base_url: str, upstream: DemoUpstream) -> None:
    assert {"demo/friendly", "demo/tools"} <= set(started.do("models", base_url))


def version(row: Row) -> str:
    """The version that is locked."""
    if row.package is None:
        return "any"
    text = (ROOT / row.lock).read_text()
    if row.lock.endswith(".json"):
        locked: str = json.loads(text)["packages"][f"node_modules/{row.package}"]["version"]
        return locked
    (locked,) = re.findall(rf"^{re.escape(row.package)}==(\S+) ", text, re.MULTILINE)
    return locked


def test_the_table_says_what_is_tested_and_with_which_version() -> None:
    lines = [
        f"| {name} | {version(row)} | {' | '.join('—' if column in row.cannot else '✓' for column in COLUMNS)} |"
        for name, row in CLIENTS.items()
    ]
    head = f"| client | version | {' | '.join(COLUMNS)} |"
    table = "\n".join([head, "|---" * (len(COLUMNS) + 2) + "|", *lines])
    assert table in (ROOT / "README.md").read_text(), table
