"""How the cost grows with the request: conversations of 1 kB to 4 MB."""

import asyncio
import json
from dataclasses import replace

from bench import serving
from bench.figures import Figure, Parts
from bench.load import Target, press_in_turns
from bench.serving import JAVASCRIPT, OURS

SIZES = {"1 kB": 1_000, "16 kB": 16_000, "256 kB": 256_000, "4 MB": 4_000_000}
TEXTS = 8
TEXT = 'Words, and more of them, with a "quotation", a line\'s end\n and some Japanese: 東京。 '
CONNECTIONS = 8
SECONDS = 0.8

BESIDE = {f"{OURS}, {size}": f"{JAVASCRIPT}, {size}" for size in SIZES}


def conversation(size: int) -> bytes:
    """A request of exactly `size` bytes: a conversation of messages of about a kilobyte, filled up with the last one's text."""
    turn = [{"role": role, "content": TEXT * TEXTS} for role in ("user", "assistant")]
    messages = [*turn * (size // len(json.dumps(turn)) - 1), {"role": "user", "content": ""}]
    request = {"stream": True, "messages": messages}
    messages[-1]["content"] = "x" * (size - len(json.dumps(request)))
    return json.dumps(request).encode()


def measure(rounds: int) -> Parts:
    with serving.chats([serving.UPSTREAM, JAVASCRIPT, OURS], MAX_BODY_BYTES="4000000") as (_, *started):
        targets = [
            replace(target, name=f"{target.name}, {name}", body=conversation(size))
            for name, size in SIZES.items()
            for target in started
        ]
        return asyncio.run(_measure(targets, rounds))


async def _measure(targets: list[Target], rounds: int) -> Parts:
    cpu = Figure("CPU a request", "µs", BESIDE)
    rate = Figure("answers/s", "", BESIDE, more_is_better=True)
    async for target, load in press_in_turns(targets, rounds, CONNECTIONS, SECONDS):
        cpu.add(target.name, load.cpu * 1e6)
        rate.add(target.name, load.rate)
    return {f"Growth with the request, {CONNECTIONS} connections": [cpu, rate]}
