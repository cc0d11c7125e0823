"""OpenAI's own clients behind one face, so that one specification holds for all of them.

Each is the unmodified package, used as its documentation says. They do not retry, so that one question is one request.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from openai import APIError, APIStatusError, AsyncOpenAI, OpenAI
from pydantic import BaseModel

from tests.clients.lines import Lines, answering
from tools.upstream.frames import Json
from tools.wrangler import node

T = TypeVar("T")

KEY = "theirs"
NODE_SCRIPT = Path(__file__).parent / "openai.mjs"


@dataclass
class SdkError(Exception):
    """An exception of a client: the name of its class, and what a user reads from it.

    `status` and `request_id` are None for an error within a stream. `text` is what the client quotes of the answer, in its own form.
    """

    kind: str
    status: int | None
    code: str | None
    param: str | None
    text: str
    request_id: str | None


class City(BaseModel):
    """What is asked for where the answer is to have a form."""

    name: str
    inhabitants: int


class Sdk(Protocol):
    """What a user does with a client. `base_url` ends with `/v1`. Raises `SdkError` for what the client raises."""

    def read(self, base_url: str, **question: Any) -> list[Json]:
        """Ask, and give the chunks."""

    def assemble(self, base_url: str, **question: Any) -> Json:
        """Ask, and give the completion that the client itself has put together from the chunks."""

    def parse(self, base_url: str, **question: Any) -> Json:
        """Ask for a `City`, whole, and give its fields as the client has read them."""

    def leave(self, way: str, base_url: str, **question: Any) -> None:
        """Ask, and leave after the first chunk, in one of the client's own ways. The client stays in use."""


class Python:
    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def read(self, base_url: str, **question: Any) -> list[Json]:
        with _errors():
            chunks = self._at(base_url).chat.completions.create(**question, stream=True)
            return [chunk.to_dict() for chunk in chunks]

    def assemble(self, base_url: str, **question: Any) -> Json:
        with _errors(), self._at(base_url).chat.completions.stream(**question) as stream:
            return stream.get_final_completion().to_dict()

    def parse(self, base_url: str, **question: Any) -> Json:
        with _errors():
            completion = self._at(base_url).chat.completions.parse(**question, response_format=City)
            return _fields(completion.choices[0].message.parsed)

    def leave(self, way: str, base_url: str, **question: Any) -> None:
        stream = self._at(base_url).chat.completions.create(**question, stream=True)
        match way:
            case "close":
                next(stream)
                stream.close()
            case "with":
                with stream:
                    next(stream)

    def _at(self, base_url: str) -> OpenAI:
        return self._client.with_options(base_url=base_url)


class AsyncPython:
    def __init__(self, client: AsyncOpenAI, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def read(self, base_url: str, **question: Any) -> list[Json]:
        async def read() -> list[Json]:
            chunks = await self._at(base_url).chat.completions.create(**question, stream=True)
            return [chunk.to_dict() async for chunk in chunks]

        return self._run(read())

    def assemble(self, base_url: str, **question: Any) -> Json:
        async def assemble() -> Json:
            async with self._at(base_url).chat.completions.stream(**question) as stream:
                return (await stream.get_final_completion()).to_dict()

        return self._run(assemble())

    def parse(self, base_url: str, **question: Any) -> Json:
        async def parse() -> Json:
            completion = await self._at(base_url).chat.completions.parse(**question, response_format=City)
            return _fields(completion.choices[0].message.parsed)

        return self._run(parse())

    def leave(self, way: str, base_url: str, **question: Any) -> None:
        async def leave() -> None:
            stream = await self._at(base_url).chat.completions.create(**question, stream=True)
            match way:
                case "close":
                    await anext(stream)
                    await stream.close()
                case "with":
                    async with stream:
                        await anext(stream)

        self._run(leave())

    def _at(self, base_url: str) -> AsyncOpenAI:
        return self._client.with_options(base_url=base_url)

    def _run(self, task: Coroutine[Any, Any, T]) -> T:
        with _errors():
            return self._runner.run(task)


class Node:
    """The npm package, in a process that takes one task a line (openai.mjs)."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def read(self, base_url: str, **question: Any) -> list[Json]:
        chunks: list[Json] = self._do("read", base_url, question)
        return chunks

    def assemble(self, base_url: str, **question: Any) -> Json:
        completion: Json = self._do("assemble", base_url, question)
        return completion

    def parse(self, base_url: str, **question: Any) -> Json:
        schema = {"name": "City", "schema": City.model_json_schema()}
        city: Json = self._do("parse", base_url, {**question, "response_format": {"type": "json_schema", "json_schema": schema}})
        return city

    def leave(self, way: str, base_url: str, **question: Any) -> None:
        self._do(way, base_url, question)

    def _do(self, way: str, base_url: str, question: Json) -> Any:
        task = {"way": way, "baseURL": base_url, "question": question}
        outcome = self._lines.ask(task)
        if "error" in outcome:
            raise SdkError(**outcome["error"])
        return outcome["value"]


@contextmanager
def python() -> Iterator[Sdk]:
    with OpenAI(api_key=KEY, max_retries=0) as client:
        yield Python(client)


@contextmanager
def async_python() -> Iterator[Sdk]:
    with asyncio.Runner() as runner:
        client = AsyncOpenAI(api_key=KEY, max_retries=0)
        try:
            yield AsyncPython(client, runner)
        finally:
            runner.run(client.close())


@contextmanager
def javascript() -> Iterator[Sdk]:
    with answering([node(), NODE_SCRIPT]) as lines:
        yield Node(lines)


def _fields(city: City | None) -> Json:
    assert city
    return city.model_dump()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        status, request_id = (error.status_code, error.request_id) if isinstance(error, APIStatusError) else (None, None)
        text = error.message
        raise SdkError(type(error).__name__, status, error.code, error.param, text, request_id) from error
