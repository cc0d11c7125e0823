"""All that is compared, running: the upstream, and the ways to it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile

from bench.load import Target
from bench.upstream import GUARD
from bench.workerd import WORKERS, Worker, serving
from gateway.base.tokens import digest
from tools import wrangler
from tools.processes import free_port, running, wait_until_answered
from tools.pyodide_bundle import ROOT

KEY = "io-v2-bench"
MODEL = "meta-llama/Llama-3.3-70B-Instruct"
TOKEN = f"sk-{token_hex(32)}"

UPSTREAM = "upstream, directly"
PLAIN = "JavaScript, plain"
JAVASCRIPT = "JavaScript"
OURS = "ionet-edge"
LITELLM = "LiteLLM"
PORTKEY = "Portkey"
COUNTED = f"{OURS} + usage"
GUARDED = f"{OURS} + guard"
JUDGED_AFTER = f"{OURS} + guard, after"
JUDGED_BEFORE = f"{OURS} + guard, before"
LAYERS = ("", " + token", " + token, rate limit", " + token, rate limit, budget")
BASES = {f"{OURS}{layer}": f"{JAVASCRIPT}{layer}" for layer in LAYERS}
"""Ours, with one thing more each that an owner sets up; and the JavaScript Worker that does the same."""

VISITOR = {"cf-connecting-ip": "198.51.100.7"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@contextmanager
def upstream() -> Iterator[Target]:
    """Start the upstream of bench/upstream.py; gives it as the target of chats that go there directly."""
    port = free_port()
    with running([sys.executable, "-m", "bench.upstream", str(port)], cwd=ROOT) as process:
        base_url = f"http://127.0.0.1:{port}/v1"
        wait_until_answered(base_url, process)
        yield Target(UPSTREAM, process.pid, f"{base_url}/chat/completions")


def worker(name: str, upstream: Target, **settings: str) -> Worker:
    """The Worker that is called `name` in a table, with these settings beside the usual ones."""
    kind, _, layer = name.partition(" + ")
    usual = {"IONET_API_KEY": KEY, "IONET_BASE_URL": base_url(upstream), "DEFAULT_MODEL": MODEL}
    usual |= {"ACCESS_TOKENS": f"bench:{digest(TOKEN)}"} if "token" in layer else {"ALLOW_ANONYMOUS": "true"}
    if "budget" in layer:
        usual |= {"DAILY_TOKEN_BUDGET": "999999999999", "MAX_COMPLETION_TOKENS": "1000"}
    if "usage" in layer:
        usual |= {"USAGE": "on"}
    if "guard" in layer:
        usual |= {"MODERATION_MODEL": GUARD, "MODERATE_ANSWERS": layer.partition(", ")[2] or "off"}
    code = {JAVASCRIPT: WORKERS / "worker.js", PLAIN: WORKERS / "plain.js", OURS: None}[kind]
    has_database = any(word in layer for word in ("budget", "usage", "guard"))
    return Worker(code, usual | settings, rate_limiter="rate limit" in layer, database=has_database)


def base_url(upstream: Target) -> str:
    """The upstream's address up to and with `/v1`."""
    return upstream.url.removesuffix("/chat/completions")


@contextmanager
def chat(name: str, upstream: Target, **settings: str) -> Iterator[Target]:
    """Run what is called `name`; gives the target of chats that go through it to `upstream`. `settings` are for Workers."""
    if name == UPSTREAM:
        yield upstream
    elif name in GATEWAYS:
        with GATEWAYS[name](base_url(upstream)) as target:
            yield target
    else:
        with serving(worker(name, upstream, **settings)) as started:
            yield Target(name, started.pid, f"{started.address}/v1/chat/completions", headers=VISITOR | BEARER, log=started.log)


@contextmanager
def chats(names: Sequence[str], **settings: str) -> Iterator[list[Target]]:
    """`chat` for several at once, in front of one upstream."""
    with ExitStack() as stack:
        direct = stack.enter_context(upstream())
        yield [stack.enter_context(chat(name, direct, **settings)) for name in names]


@contextmanager
def litellm(base_url: str) -> Iterator[Target]:
    """LiteLLM's proxy with one worker, as `bench/gateways/litellm.yaml` sets it up. It insists on a token."""
    port, directory = free_port(), ROOT / ".build" / "litellm"
    command = [str(directory / "bin" / "litellm"), "--config", str(ROOT / "bench" / "gateways" / "litellm.yaml")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    environment = {"UPSTREAM": base_url, "UPSTREAM_KEY": KEY, "LITELLM_MASTER_KEY": TOKEN, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with _program(command, directory, environment, f"http://127.0.0.1:{port}/health/liveliness") as pid:
        yield Target(LITELLM, pid, f"http://127.0.0.1:{port}/v1/chat/completions", headers=BEARER)


@contextmanager
def portkey(base_url: str) -> Iterator[Target]:
    """Portkey's gateway, forwarding plainly to the upstream that the request names."""
    port, directory = free_port(), ROOT / ".build" / "portkey"
    program = directory / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    command = [wrangler.node(), str(program), f"--port={port}", "--headless"]
    headers = {"authorization": f"Bearer {KEY}", "x-portkey-provider": "openai", "x-portkey-custom-host": base_url}
    with _program(command, directory, {}, f"http://127.0.0.1:{port}/") as pid:
        yield Target(PORTKEY, pid, f"http://127.0.0.1:{port}/v1/chat/completions", headers=headers)


@contextmanager
def _program(command: list[str], directory: Path, environment: Mapping[str, str], url: str) -> Iterator[int]:
    variables = {"HOME": str(directory), "PATH": f"{directory / 'bin'}:/usr/bin:/bin", **environment}
    with TemporaryFile() as output, running(command, cwd=directory, env=variables, output=output) as process:
        wait_until_answered(url, process)
        yield process.pid


GATEWAYS = {LITELLM: litellm, PORTKEY: portkey}
"""Other gateways, each started in front of an upstream's address."""
