"""OpenAI's Python client, with its helpers `stream()` and `parse()`: `python with_openai.py sync` or `async`."""

import asyncio
import sys
from typing import Any

import pipe
from openai import APIError, AsyncOpenAI, OpenAI, pydantic_function_tool
from openai.types.chat import ChatCompletion, ChatCompletionToolParam, ParsedChatCompletion
from pipe import Task, get_weather
from pydantic import BaseModel, Field


class GetWeather(BaseModel):
    """Tell the weather of a city."""

    city: str = Field()


TOOLS: list[ChatCompletionToolParam] = [pydantic_function_tool(GetWeather, name="get_weather")]


def question(task: Task) -> dict[str, Any]:
    return {"model": task.model, "messages": [{"role": "user", "content": task.prompt}]}


def answer(completion: ChatCompletion) -> dict[str, Any]:
    usage = completion.usage
    return pipe.answer(
        completion.choices[0].message.content or "",
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
    )


def with_result(task: Task, completion: ParsedChatCompletion[Any]) -> dict[str, Any]:
    """The question that says what the tool gave which `completion` calls."""
    message = completion.choices[0].message
    (call,) = message.tool_calls or []
    parsed = call.function.parsed_arguments
    assert isinstance(parsed, GetWeather)
    result = {"role": "tool", "tool_call_id": call.id, "content": get_weather(parsed.city)}
    return {"model": task.model, "messages": [*question(task)["messages"], message, result]}


def client(task: Task) -> OpenAI:
    return OpenAI(base_url=task.base_url, api_key=task.api_key, max_retries=0)


def whole(task: Task) -> Any:
    return answer(client(task).chat.completions.create(**question(task)))


def stream(task: Task) -> Any:
    with client(task).chat.completions.stream(**question(task), stream_options={"include_usage": True}) as events:
        pieces = [event.delta for event in events if event.type == "content.delta"]
        return {"pieces": pieces, **answer(events.get_final_completion())}


def tools(task: Task) -> Any:
    calls = client(task).chat.completions.parse(**question(task), tools=TOOLS, tool_choice="auto")
    return answer(client(task).chat.completions.create(**with_result(task, calls)))


def stop(task: Task) -> None:
    with client(task).chat.completions.stream(**question(task)) as events:
        next(event for event in events if event.type == "content.delta")


def models(task: Task) -> Any:
    return [model.id for model in client(task).models.list()]


def async_client(task: Task) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=task.base_url, api_key=task.api_key, max_retries=0)


async def async_whole(task: Task) -> Any:
    return answer(await async_client(task).chat.completions.create(**question(task)))


async def async_stream(task: Task) -> Any:
    asked = async_client(task).chat.completions.stream(**question(task), stream_options={"include_usage": True})
    async with asked as events:
        pieces = [event.delta async for event in events if event.type == "content.delta"]
        return {"pieces": pieces, **answer(await events.get_final_completion())}


async def async_tools(task: Task) -> Any:
    calls = await async_client(task).chat.completions.parse(**question(task), tools=TOOLS, tool_choice="auto")
    return answer(await async_client(task).chat.completions.create(**with_result(task, calls)))


async def async_stop(task: Task) -> None:
    async with async_client(task).chat.completions.stream(**question(task)) as events:
        async for event in events:
            if event.type == "content.delta":
                break


async def async_models(task: Task) -> Any:
    return [model.id async for model in async_client(task).models.list()]


SYNC = {"whole": whole, "stream": stream, "tools": tools, "stop": stop, "models": models}
ASYNC = {"whole": async_whole, "stream": async_stream, "tools": async_tools, "stop": async_stop, "models": async_models}

if sys.argv[1] == "sync":
    pipe.serve(SYNC, (APIError,))
else:
    with asyncio.Runner() as runner:
        pipe.serve(pipe.asynchronous(ASYNC, runner), (APIError,))
