"""Long answers: what is added to each chunk of a stream, and how long 200 MB take."""

import json
import re
import socket
import time
from dataclasses import replace
from statistics import median

from bench import serving
from bench.figures import Figure, Parts, turns
from bench.load import Target
from bench.serving import JAVASCRIPT, LITELLM, OURS, PLAIN, PORTKEY, UPSTREAM
from bench.upstream import DONE, LARGE, PACED, PACED_EVENTS

SENT = re.compile(rb"sent=(\d+);")
TIMEOUT_SECONDS = 60
BUFFER_BYTES = 1 << 20

WORKERS = [UPSTREAM, PLAIN, JAVASCRIPT, OURS]
BESIDE = dict.fromkeys([UPSTREAM, PLAIN, OURS, LITELLM, PORTKEY], JAVASCRIPT)


def body(model: str) -> bytes:
    """A request for one of the models of bench/upstream.py."""
    return json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "Go on."}]}).encode()


def measure(rounds: int) -> Parts:
    delay = Figure("delay of a chunk", "ms", BESIDE)
    large = Figure("200 MB", "s", BESIDE)
    # The other gateways read each event and write it anew: 200 MB would take them minutes.
    with serving.chats([*WORKERS, LITELLM, PORTKEY]) as targets:
        for target in targets:
            chunk_delays(target)  # warms it up
        for order in turns(targets, rounds):
            for target in order:
                delay.add(target.name, median(chunk_delays(target)) * 1e3)
            for target in order:
                if target.name in WORKERS:
                    large.add(target.name, seconds_for_all(target))
    return {"Streams: 200 chunks, 5 ms apart, and 200 MB": [delay, delay.added(UPSTREAM), large]}


def chunk_delays(target: Target) -> list[float]:
    """Seconds from the sending of each chunk to its arrival. Raises `RuntimeError` where not all arrive."""
    delays: list[float] = []
    with _asked(target, PACED) as connection:
        received = b""
        while len(delays) < PACED_EVENTS and (data := connection.recv(BUFFER_BYTES)):
            now = time.monotonic_ns()
            received += data
            delays += [(now - int(sent)) / 1e9 for sent in SENT.findall(received)]
            received = SENT.split(received)[-1]
    if len(delays) != PACED_EVENTS:
        raise RuntimeError(f"{target.name} gave {len(delays)} of {PACED_EVENTS} chunks")
    return delays


def seconds_for_all(target: Target) -> float:
    """Seconds from asking for 200 MB to the last of them."""
    buffer = bytearray(BUFFER_BYTES)
    started = time.perf_counter()
    with _asked(target, LARGE) as connection:
        tail = b""
        while DONE not in tail:
            count = connection.recv_into(buffer)
            if count == 0:
                raise RuntimeError(f"{target.name} broke off")
            tail = tail[-64:] + bytes(buffer[max(0, count - 64) : count])
    return time.perf_counter() - started


def _asked(target: Target, model: str) -> socket.socket:
    connection = socket.create_connection(target.address, timeout=TIMEOUT_SECONDS)
    connection.sendall(replace(target, body=body(model)).request)
    return connection
