"""What the client reads is, byte for byte, what the upstream wrote."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from werkzeug import Request, Response

from tests.conftest import Handler, Worker, question

SAMPLES = sorted((Path(__file__).parent.parent / "data").glob("*.sse"))
SHORT = next(sample for sample in SAMPLES if sample.name == "empty-answer.sse").read_bytes()
MEGABYTE = 1_000_000

Play = Callable[[Handler], str]


def streaming(chunks: list[bytes]) -> Handler:
    return lambda _: Response(iter(chunks), mimetype="text/event-stream")


def sha256_received(worker: Worker, client: httpx.Client, model: str) -> str:
    digest = hashlib.sha256()
    with client.stream("POST", worker.chat, json=question(model=model)) as response:
        assert response.status_code == 200
        for chunk in response.iter_raw():
            digest.update(chunk)
    return digest.hexdigest()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.stem))
def test_every_sample_stream(worker: Worker, client: httpx.Client, play: Play, sample: Path) -> None:
    body = sample.read_bytes()
    events = [event + b"\n\n" for event in body.split(b"\n\n")]
    events[-1] = events[-1].removesuffix(b"\n\n")
    assert sha256_received(worker, client, play(streaming(events))) == sha256(body)


def test_a_stream_cut_at_every_byte(worker: Worker, client: httpx.Client, play: Play) -> None:
    for cut in range(1, len(SHORT)):
        model = play(streaming([SHORT[:cut], SHORT[cut:]]))
        assert sha256_received(worker, client, model) == sha256(SHORT), f"cut at {cut}"


def test_a_stream_in_single_bytes(worker: Worker, client: httpx.Client, play: Play) -> None:
    model = play(streaming([SHORT[at : at + 1] for at in range(len(SHORT))]))
    assert sha256_received(worker, client, model) == sha256(SHORT)


def test_a_gzipped_upstream_reaches_the_client_decoded_and_unlabelled(worker: Worker, client: httpx.Client, play: Play) -> None:
    def gzipped(_: Request) -> Response:
        return Response(gzip.compress(SHORT), mimetype="text/event-stream", headers={"content-encoding": "gzip"})

    model = play(gzipped)
    for accepted in ("identity", "gzip, br"):
        response = client.post(worker.chat, json=question(model=model), headers={"accept-encoding": accepted})
        assert "content-encoding" not in response.headers
        assert response.content == SHORT


def test_200_megabytes(worker: Worker, client: httpx.Client, play: Play) -> None:
    chunk = bytes(range(256)) * (MEGABYTE // 256)
    sent = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for number in range(200):
            piece = number.to_bytes(4, "big") + chunk
            sent.update(piece)
            yield piece

    received = sha256_received(worker, client, play(lambda _: Response(body(), mimetype="text/event-stream")))
    assert received == sent.hexdigest()


def test_50_streams_at_once(worker: Worker, play: Play) -> None:
    together = Barrier(50)

    def body(request: Request) -> Iterator[bytes]:
        yield SHORT[:100]
        together.wait(timeout=60)  # not before all 50 are open
        yield request.get_data()
        yield SHORT[100:]

    model = play(lambda request: Response(body(request), mimetype="text/event-stream"))

    def ask(number: int) -> None:
        with httpx.Client(timeout=60) as client:
            response = client.post(worker.chat, json=question(f"question {number}", model=model, stream=True))
        sent = response.request.content
        assert sha256(response.content) == sha256(SHORT[:100] + sent + SHORT[100:])

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, range(50)))
