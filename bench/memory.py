"""Memory: for open streams, over many requests, and after clients that reset before their answer begins.

Each way runs alone, and anew in each round. What is counted is the resident memory of all its processes, so V8's own heap counts for both
Workers; it grows to its limit before it is cleaned.
"""

import asyncio
import json
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

from bench import serving
from bench.answers import QUESTION
from bench.figures import Figure, Parts, turns
from bench.load import Connection, Target, ask_all
from bench.serving import JAVASCRIPT, LITELLM, OURS, PORTKEY
from bench.streams import body
from bench.upstream import HELD, SILENT

OPEN = (100, 1_000)
REQUESTS = 30_000
RESETS = 4_000
RESET_SECONDS = 0.02  # by then the Worker waits for the upstream
CONNECTIONS = 8

LONG = json.dumps({"stream": True, "messages": [{"role": "user", "content": "Words, and more of them. " * 4_000}]}).encode()
BROKEN = b'{"messages": [{"role": "user"'
MIX = ((QUESTION, 200, 0.7), (LONG, 200, 0.1), (BROKEN, 400, 0.2))
"""What is asked, the status that it gets, and its share: of ten requests, seven short ones, one of 100 kB, and two that are refused."""

WORKERS = [JAVASCRIPT, OURS]
BESIDE = dict.fromkeys([OURS, LITELLM, PORTKEY], JAVASCRIPT)
LITELLM_OPEN = 100
"""It keeps no 1,000 streams open at once: those beyond some hundreds wait for one to end."""

ROUNDS = 2
"""Fewer than elsewhere: a round takes a minute, and memory varies little."""


def measure(rounds: int) -> Parts:
    start = Figure("at the start", "MB", BESIDE)
    opened = {count: Figure(f"{count:,} open streams", "MB", BESIDE) for count in OPEN}
    each = Figure("each open stream", "kB", BESIDE)
    asked = Figure(f"after {REQUESTS:,} requests", "MB", BESIDE)
    left = Figure(f"and {RESETS:,} resets", "MB", BESIDE)
    for order in turns([*WORKERS, LITELLM, PORTKEY], min(rounds, ROUNDS)):
        for name in order:
            with serving.chats([serving.UPSTREAM, name]) as (_, target):
                asyncio.run(ask_all(replace(target, body=QUESTION), CONNECTIONS, CONNECTIONS))
                at_start = target.resident()
                start.add(name, at_start)
                for count, figure in opened.items():
                    if name != LITELLM or count <= LITELLM_OPEN:
                        resident = asyncio.run(resident_with_open(target, count))
                        figure.add(name, resident)
                        per_stream = (resident - at_start) / count * 1e3
                each.add(name, per_stream)
                if name in WORKERS:
                    asyncio.run(ask_the_mix(target))
                    asked.add(name, target.resident())
                    asyncio.run(reset(target))
                    left.add(name, target.resident())
    return {"Memory": [start, *opened.values(), each, asked, left]}


async def resident_with_open(target: Target, count: int) -> float:
    """The resident memory in MB while `count` streams have begun and do not end."""
    held = replace(target, body=body(HELD))
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(aclosing(await Connection.open(held))) for _ in range(count)]
        for start in range(0, count, CONNECTIONS):
            await asyncio.gather(*(connection.begin() for connection in opened[start : start + CONNECTIONS]))
        return target.resident()


async def ask_the_mix(target: Target) -> None:
    asks = (ask_all(replace(target, body=asked), int(REQUESTS * share), CONNECTIONS, status) for asked, status, share in MIX)
    await asyncio.gather(*asks)


async def reset(target: Target) -> None:
    """Ask a model that is silent, and reset before the answer's head, again and again."""
    silent = replace(target, body=body(SILENT))

    async def one() -> None:
        for _ in range(RESETS // CONNECTIONS):
            await (await Connection.open(silent)).ask_and_reset(RESET_SECONDS)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
