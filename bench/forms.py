"""The side doors: what a whole completion and the text alone cost beside the stream that they are made of."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

from bench import serving
from bench.figures import Figure, Parts, turns
from bench.load import Target, press
from bench.serving import MODEL, OURS
from bench.upstream import LONG, LONG_EVENTS

STREAM, TEXT, WHOLE = "as a stream", "as text", "whole"
FORMS = {STREAM: {"accept": "text/event-stream"}, TEXT: {"accept": "text/plain"}, WHOLE: {"accept": "application/json"}}
BESIDE = {TEXT: STREAM, WHOLE: STREAM}

LENGTHS = {"a short answer": MODEL, f"{LONG_EVENTS} chunks": LONG}
CONNECTIONS = 4
SECONDS = 1.5


def measure(rounds: int) -> Parts:
    with serving.upstream() as upstream, serving.chat(OURS, upstream) as started:
        targets = [replace(started, name=name, headers={**started.headers, **accept}) for name, accept in FORMS.items()]
        return {"Forms of an answer": asyncio.run(by_length(targets, rounds, BESIDE))}


async def by_length(targets: list[Target], rounds: int, beside: Mapping[str, str], **fields: object) -> list[Figure]:
    """CPU a request and the first byte, for an answer of each of LENGTHS; `fields` are the request's beside model and messages."""
    figures = []
    for length, model in LENGTHS.items():
        cpu = Figure(f"CPU a request, {length}", "µs", beside)
        first = Figure(f"first byte, {length}", "ms", beside)
        figures += [cpu, first]
        asked = [replace(target, body=_body(model, fields)) for target in targets]
        for order in [asked, *turns(asked, rounds)]:  # the first round warms it up
            for target in order:
                loads = [await press(target, connections, SECONDS) for connections in (CONNECTIONS, 1)]
                if order is not asked:
                    cpu.add(target.name, loads[0].cpu * 1e6)
                    first.add(target.name, loads[1].first_byte * 1e3)
    return figures


def _body(model: str, fields: Mapping[str, object]) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "Go on."}], **fields}).encode()
