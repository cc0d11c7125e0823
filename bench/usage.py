"""What it costs to count what answers take, beside the same Worker that counts nothing."""

import asyncio
from dataclasses import replace

from bench import serving
from bench.answers import QUESTION
from bench.figures import Figure, Parts, turns
from bench.forms import CONNECTIONS, LENGTHS, SECONDS
from bench.load import Target, ask_all, press
from bench.memory import resident_with_open
from bench.serving import COUNTED, OURS
from bench.streams import body

BESIDE = {COUNTED: OURS}
OPEN = 300
MEMORY_ROUNDS = 2


def measure(rounds: int) -> Parts:
    with serving.chats([OURS, COUNTED]) as targets:
        figures = asyncio.run(_measure(targets, rounds))
    each = Figure(f"each of {OPEN} open streams", "kB", BESIDE)
    for order in turns([OURS, COUNTED], min(rounds, MEMORY_ROUNDS)):
        for name in order:
            with serving.chats([name]) as (target,):
                asyncio.run(ask_all(replace(target, body=QUESTION), CONNECTIONS, CONNECTIONS))
                before = target.resident()
                each.add(name, (asyncio.run(resident_with_open(target, OPEN)) - before) / OPEN * 1e3)
    return {"Counting": [*figures, each]}


async def _measure(targets: list[Target], rounds: int) -> list[Figure]:
    figures = []
    for length, model in LENGTHS.items():
        cpu = Figure(f"CPU a request, {length}", "µs", BESIDE)
        first = Figure(f"first byte, {length}", "ms", BESIDE)
        figures += [cpu, first]
        asked = [replace(target, body=body(model)) for target in targets]
        for order in [asked, *turns(asked, rounds)]:  # the first round warms it up
            for target in order:
                loads = [await press(target, connections, SECONDS) for connections in (CONNECTIONS, 1)]
                if order is not asked:
                    cpu.add(target.name, loads[0].cpu * 1e6)
                    first.add(target.name, loads[1].first_byte * 1e3)
    return figures
