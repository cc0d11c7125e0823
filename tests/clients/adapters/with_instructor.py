"""instructor, whose answers are objects: it has the model call a tool whose arguments are those of a class.

Asynchronous, because its synchronous `create_partial` waits for the stream's end.
"""

import asyncio
from typing import Any

import instructor
import pipe
from instructor.core.exceptions import InstructorRetryException
from openai import AsyncOpenAI
from openai.types import CompletionUsage
from pipe import Task
from pydantic import BaseModel


class GetWeather(BaseModel):
    """Tell the weather of a city."""

    city: str


def client(task: Task) -> instructor.AsyncInstructor:
    return instructor.from_openai(AsyncOpenAI(base_url=task.base_url, api_key=task.api_key, max_retries=0))


def question(task: Task) -> dict[str, Any]:
    return {"model": task.model, "messages": [{"role": "user", "content": task.prompt}], "max_retries": 0}


def answer(text: str | None, usage: CompletionUsage | None) -> dict[str, Any]:
    return pipe.answer(text or "", usage.prompt_tokens if usage else None, usage.completion_tokens if usage else None)


async def whole(task: Task) -> Any:
    weather, completion = await client(task).create_with_completion(response_model=GetWeather, **question(task))
    return answer(weather.city, completion.usage)


async def stream(task: Task) -> Any:
    so_far = [part.city or "" async for part in client(task).create_partial(response_model=GetWeather, **question(task))]
    pieces = [text.removeprefix(before) for before, text in zip(["", *so_far], so_far, strict=False)]
    return {"pieces": pieces, **answer(so_far[-1], None)}


async def tools(task: Task) -> Any:
    weather, completion = await client(task).create_with_completion(response_model=GetWeather, **question(task))
    message = completion.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": pipe.get_weather(weather.city)}
    asked = question(task)
    asked["messages"] += [message.model_dump(exclude_none=True), result]
    completion = await client(task).create(response_model=None, **asked)
    return answer(completion.choices[0].message.content, completion.usage)


async def stop(task: Task) -> None:
    asking = client(task)
    await anext(asking.create_partial(response_model=GetWeather, **question(task)))
    await asking.client.close()  # a generator that is left alone closes its connection some time later


with asyncio.Runner() as runner:
    ways = {"whole": whole, "stream": stream, "tools": tools, "stop": stop}
    pipe.serve(pipe.asynchronous(ways, runner), (InstructorRetryException,))
