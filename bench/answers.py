"""Short answers: what each way costs the processor, how many answers it gives in a second, and how soon."""

import asyncio
import json
import time
from dataclasses import replace
from uuid import uuid4

import httpx

from bench import serving
from bench.figures import Figure, Parts, turns
from bench.load import Load, Target, press
from bench.serving import BASES, JAVASCRIPT, LITELLM, MODEL, PLAIN, PORTKEY, UPSTREAM

CONNECTIONS = {1: "1 connection", 8: "8 connections", 64: "64 connections"}
CPU_CONNECTIONS = 8
SECONDS = 0.8
WARM_UP_SECONDS = 1.5
LOG_SECONDS = 10

QUESTION = json.dumps(
    {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "What is streaming?"}], "max_tokens": 200}
).encode()

VARIANTS = [UPSTREAM, PLAIN, *(name for pair in BASES.items() for name in reversed(pair)), LITELLM, PORTKEY]
BESIDE = {**BASES, PLAIN: JAVASCRIPT, LITELLM: JAVASCRIPT, PORTKEY: JAVASCRIPT, UPSTREAM: JAVASCRIPT}


def measure(rounds: int) -> Parts:
    with serving.chats(VARIANTS) as started:
        targets = [replace(target, body=QUESTION) for target in started]
        _check_that_the_job_is_the_same({target.name: target for target in targets})
        return asyncio.run(_measure(targets, rounds))


async def _measure(targets: list[Target], rounds: int) -> Parts:
    for target in targets:
        await press(target, CPU_CONNECTIONS, WARM_UP_SECONDS)
    cpu = Figure(f"CPU a request, {CPU_CONNECTIONS} connections", "µs", BESIDE)
    first_byte = Figure("first byte", "ms", BESIDE)
    rates = {count: Figure(f"answers/s, {over}", "", BESIDE, more_is_better=True) for count, over in CONNECTIONS.items()}
    halves = {count: Figure(f"p50, {over}", "ms", BESIDE) for count, over in CONNECTIONS.items()}
    slowest = {count: Figure(f"p99, {over}", "ms", BESIDE) for count, over in CONNECTIONS.items()}
    for order in turns(targets, rounds):
        for target in order:
            for count in CONNECTIONS:
                load: Load = await press(target, count, SECONDS)
                rates[count].add(target.name, load.rate)
                halves[count].add(target.name, load.half * 1e3)
                slowest[count].add(target.name, load.slowest * 1e3)
                if count == CPU_CONNECTIONS:
                    cpu.add(target.name, load.cpu * 1e6)
                if count == 1:
                    first_byte.add(target.name, load.first_byte * 1e3)
    times = [figure for count in CONNECTIONS for figure in (halves[count], slowest[count])]
    return {"Short answers": [cpu, *rates.values(), first_byte, first_byte.added(UPSTREAM)], "Time to the last byte": times}


def _check_that_the_job_is_the_same(targets: dict[str, Target]) -> None:
    """Raise `RuntimeError` where a Worker's answer or log line has not the form of the one it is held against."""
    for name, base in BASES.items():
        ours, theirs = (_answer_and_log(targets[each]) for each in (name, base))
        if ours != theirs:
            raise RuntimeError(f"{name} and {base} do not do the same:\n{ours}\n{theirs}")


def _answer_and_log(target: Target) -> tuple[object, ...]:
    """A chat's status, headers and body, and the members of its log line, without what differs each time."""
    request_id = uuid4().hex
    answer = httpx.post(target.url, content=QUESTION, headers={**target.headers, "x-request-id": request_id})
    headers = sorted(answer.headers.items() - {("x-request-id", request_id)})
    log = [member for member in _logged(target, request_id).items() if member[0] not in ("request_id", "ms")]
    return answer.status_code, headers, answer.content, log


def _logged(target: Target, request_id: str) -> dict[str, object]:
    deadline = time.monotonic() + LOG_SECONDS
    while target.log and time.monotonic() < deadline:
        for line in target.log.read_text().splitlines():
            if request_id in line:
                entry: dict[str, object] = json.loads(line[line.index("{") :])
                return entry
        time.sleep(0.02)  # the line follows the answer, and a file does not tell that it grew
    raise RuntimeError(f"{target.name} has logged nothing")
