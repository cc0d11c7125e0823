"""Clients behind one face, so that one specification holds for all of them, and README's table says what it shows.

Each is the unmodified package, used as its own documentation says (adapters/), in a process of its own that reaches nothing but this
machine (inside/). None tries again by itself where that can be switched off, so that one question is one request.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page, sync_playwright
from pytest_httpserver import HTTPServer

from tests.browser.conftest import FLAGS, chromium_path
from tests.clients.lines import END_SECONDS, Lines, answering
from tools.pyodide_bundle import ROOT
from tools.upstream.frames import Json
from tools.wrangler import node

HERE = Path(__file__).parent
ADAPTERS = HERE / "adapters"
INSTALLED = ROOT / ".build" / "clients"

COLUMNS = ("whole", "stream", "tools", "usage", "stop", "errors", "models")


@dataclass
class ClientError(Exception):
    """What a user sees of an error: the name of the exception's class (of a command, how it exited), the status, the words."""

    kind: str
    status: int | None
    text: str


@dataclass(frozen=True)
class Task:
    """What to ask, and whom. `base_url` ends with `/v1`."""

    base_url: str
    api_key: str
    model: str = ""
    prompt: str = ""


class Client(Protocol):
    def do(self, way: str, task: Task) -> Any:
        """What a user does with a client. Raises `ClientError` for what the client raises.

        `way` is one of:
        whole   ask without a stream. Gives `text`, and as `usage` the tokens of prompt and answer
        stream  ask for a stream. Gives the same, and the `pieces` that came
        tools   let the model call a tool that tells a city's weather, and give the answer that it makes of that, as for `whole`
        stop    ask for a stream, and leave after its first piece in the client's own way. The client stays in use
        models  give the models' ids
        """


Start = Callable[[Path], AbstractContextManager[Client]]
"""Starts a client that may keep things in the folder given, which holds the file `went-out`."""


class Piped:
    """A client in a process that takes one task a line (adapters/pipe.py)."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def do(self, way: str, task: Task) -> Any:
        return _value(self._lines.ask({"way": way, **vars(task)}))


class Browser:
    """OpenAI's npm package, bundled, in a page of Chromium's."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def do(self, way: str, task: Task) -> Any:
        return _value(self._page.evaluate("task => adapter.outcome(task)", {"way": way, **vars(task)}))


@dataclass
class Command:
    """A command line: what it prints, and how it exits."""

    home: Path

    def run(self, command: list[str]) -> tuple[list[str], str]:
        """What it prints, in the pieces that come, and what it says beside that. Raises `ClientError` where it exits with an error."""
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment(self.home), stdout=pipe, stderr=pipe) as process:
            output, errors = process.stdout, process.stderr
            assert output
            assert errors
            pieces = [piece.decode() for piece in iter(lambda: os.read(output.fileno(), 65536), b"")]
            said = errors.read().decode()
        if process.returncode:
            status = re.search(r"(?:Error code|returned error): (\d+)", said)
            raise ClientError(f"exit {process.returncode}", int(status[1]) if status else None, "".join(pieces) + said)
        return pieces, said

    def interrupt(self, command: list[str]) -> None:
        """What Ctrl-C does once it has printed something."""
        # Where the tests run in the background, Ctrl-C is ignored, and what they start would ignore it too.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment(self.home), stdout=pipe, stderr=subprocess.DEVNULL) as process:
            signal.signal(signal.SIGINT, before)
            assert process.stdout
            process.stdout.read(1)
            process.send_signal(signal.SIGINT)
            process.wait(END_SECONDS)


class Curl(Command):
    def do(self, way: str, task: Task) -> Any:
        messages: list[Json] = [{"role": "user", "content": task.prompt}]
        match way:
            case "whole":
                return self._answer(self._printed(self._chat(task, messages)))
            case "stream":
                pieces, _ = self.run(self._chat(task, messages, stream=True, stream_options={"include_usage": True}))
                events = [json.loads(event) for event in re.findall(r"^data: (\{.*\})$", "".join(pieces), re.MULTILINE)]
                text = "".join(choice["delta"].get("content", "") for event in events for choice in event["choices"])
                return {"pieces": pieces, "text": text, "usage": self._usage(events[-1])}
            case "tools":
                calling = json.loads(self._printed(self._chat(task, messages, tools=[WEATHER], tool_choice="auto")))
                message = calling["choices"][0]["message"]
                (call,) = message["tool_calls"]
                result = f"17 degrees and clear in {json.loads(call['function']['arguments'])['city']}"
                messages += [message, {"role": "tool", "tool_call_id": call["id"], "content": result}]
                return self._answer(self._printed(self._chat(task, messages)))
            case "stop":
                self.interrupt(self._chat(task, messages, stream=True))
            case "models":
                listed = json.loads(self._printed(self._call(task, "models")))
                return [model["id"] for model in listed["data"]]

    def _call(self, task: Task, path: str) -> list[str]:
        bearing = f"authorization: Bearer {task.api_key}"
        return ["curl", "--no-buffer", "--silent", "--show-error", "--fail-with-body", "-H", bearing, f"{task.base_url}/{path}"]

    def _chat(self, task: Task, messages: list[Json], **fields: Any) -> list[str]:
        return [*self._call(task, "chat/completions"), "-d", json.dumps({"model": task.model, "messages": messages, **fields})]

    def _printed(self, command: list[str]) -> str:
        pieces, _ = self.run(command)
        return "".join(pieces)

    def _answer(self, printed: str) -> Json:
        completion = json.loads(printed)
        return {"text": completion["choices"][0]["message"]["content"], "usage": self._usage(completion)}

    def _usage(self, body: Json) -> list[int]:
        return [body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]]


class Llm(Command):
    """It knows other servers' models from a file."""

    def do(self, way: str, task: Task) -> Any:
        known = {"model_id": "edge", "model_name": task.model, "api_base": task.base_url, "api_key_name": "edge"}
        (self.home / "extra-openai-models.yaml").write_text(json.dumps([known]))  # JSON is YAML
        command = [
            str(INSTALLED / "bin" / "llm"),
            "prompt",
            "-m",
            "edge",
            "--key",
            task.api_key,
            "--no-log",
            "--usage",
            task.prompt,
        ]
        match way:
            case "whole" | "stream":
                pieces, said = self.run([*command, *(["--no-stream"] if way == "whole" else [])])
                return {"pieces": pieces, "text": "".join(pieces).removesuffix("\n"), "usage": self._usage(said)}
            case "stop":
                self.interrupt(command)

    def _usage(self, said: str) -> list[int]:
        found = re.search(r"Token usage: ([\d,]+) input, ([\d,]+) output", said)
        return [int(count.replace(",", "")) for count in found.groups()] if found else []


def environment(home: Path) -> dict[str, str]:
    """What a client finds: nothing of this process's but the way to programs. Whatever of theirs reports elsewhere is switched off."""
    return {
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LLM_USER_PATH": str(home),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LANGSMITH_TRACING": "false",
        "PYTHONPATH": str(HERE / "inside"),
        "NODE_OPTIONS": f"--import={HERE / 'inside' / 'inside.mjs'}",
        "WENT_OUT": str(home / "went-out"),
    }


def piped(program: str, script: str, *arguments: str) -> Start:
    """A client that an adapter uses."""

    @contextmanager
    def start(home: Path) -> Iterator[Client]:
        command = [program, str(ADAPTERS / script), *arguments]
        with answering(command, cwd=INSTALLED, env=environment(home)) as lines:
            yield Piped(lines)

    return start


@contextmanager
def browser(home: Path) -> Iterator[Client]:
    bundle = [node(), str(ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"), str(ADAPTERS / "openai-ways.mjs")]
    bundle += ["--bundle", "--format=iife", "--global-name=adapter", "--log-level=error"]
    script = subprocess.run(bundle, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    with sync_playwright() as playwright, HTTPServer() as front_end:
        front_end.expect_request("/").respond_with_data("<!doctype html>", content_type="text/html")
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = chromium.new_page()
        page.goto(front_end.url_for("/"))
        page.add_script_tag(content=script)
        yield Browser(page)
        chromium.close()


WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass(frozen=True)
class Row:
    """A client in README's table.

    `package` is what the lock in `lock` has its version of; `kinds` what it raises for 401 and for 429; `cannot` the columns that it has
    no means for; `tries` how often it asks where the answer is a 429; `objects` whether its answers are objects: arguments of a tool.
    """

    start: Start
    package: str | None
    lock: str
    kinds: tuple[str, str]
    cannot: frozenset[str] = field(default=frozenset())
    tries: int = 1
    objects: bool = False


OPENAI = ("AuthenticationError", "RateLimitError")
OURS, THEIRS = sys.executable, str(INSTALLED / "bin" / "python")

CLIENTS = {
    "`openai`, Python": Row(piped(OURS, "with_openai.py", "sync"), "openai", "requirements.lock", OPENAI),
    "`openai`, Python, async": Row(piped(OURS, "with_openai.py", "async"), "openai", "requirements.lock", OPENAI),
    "`openai`, Node": Row(piped(node(), "with_openai.mjs"), "openai", "package-lock.json", OPENAI),
    "`openai`, browser": Row(browser, "openai", "package-lock.json", OPENAI),
    "AI SDK, `@ai-sdk/openai-compatible`": Row(
        piped(node(), "with_ai_sdk.mjs"),
        "@ai-sdk/openai-compatible",
        "tests/clients/package-lock.json",
        ("AI_APICallError", "AI_APICallError"),
        frozenset({"models"}),
    ),
    "LangChain, `langchain-openai`": Row(
        piped(THEIRS, "with_langchain.py"),
        "langchain-openai",
        "tests/clients/requirements.lock",
        ("OpenAIAuthenticationError", "OpenAIRateLimitError"),
        frozenset({"models"}),
    ),
    "`instructor`": Row(
        piped(THEIRS, "with_instructor.py"),
        "instructor",
        "tests/clients/requirements.lock",
        ("InstructorRetryException", "InstructorRetryException"),
        frozenset({"models"}),
        objects=True,
    ),
    "`litellm`": Row(piped(THEIRS, "with_litellm.py"), "litellm", "tests/clients/requirements.lock", OPENAI),
    "`pydantic-ai`": Row(
        piped(THEIRS, "with_pydantic_ai.py"),
        "pydantic-ai-slim",
        "tests/clients/requirements.lock",
        ("ModelHTTPError", "ModelHTTPError"),
        frozenset({"models"}),
    ),
    "`llm`": Row(
        lambda home: nullcontext(Llm(home)),
        "llm",
        "tests/clients/requirements.lock",
        ("exit 1", "exit 1"),
        frozenset({"tools", "models"}),
        3,
    ),
    "`curl`": Row(lambda home: nullcontext(Curl(home)), None, "", ("exit 22", "exit 22")),
}


def _value(outcome: Json) -> Any:
    """What came of a task. Raises `ClientError`."""
    if "error" in outcome:
        raise ClientError(**outcome["error"])
    return outcome["value"]
