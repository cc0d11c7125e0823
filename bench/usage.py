"""What it costs to count what answers take, beside the same Worker that counts nothing."""

import asyncio
from dataclasses import replace

from bench import serving
from bench.answers import QUESTION
from bench.figures import Figure, Parts, turns
from bench.forms import CONNECTIONS, by_length
from bench.load import ask_all
from bench.memory import resident_with_open
from bench.serving import COUNTED, OURS

BESIDE = {COUNTED: OURS}
OPEN = 300
MEMORY_ROUNDS = 2


def measure(rounds: int) -> Parts:
    with serving.chats([OURS, COUNTED]) as targets:
        figures = asyncio.run(by_length(targets, rounds, BESIDE, stream=True))
    each = Figure(f"each of {OPEN} open streams", "kB", BESIDE)
    for order in turns([OURS, COUNTED], min(rounds, MEMORY_ROUNDS)):
        for name in order:
            with serving.chats([name]) as (target,):
                asyncio.run(ask_all(replace(target, body=QUESTION), CONNECTIONS, CONNECTIONS))
                before = target.resident()
                each.add(name, (asyncio.run(resident_with_open(target, OPEN)) - before) / OPEN * 1e3)
    return {"Counting": [*figures, each]}
