"""Pydantic AI's agents."""

import asyncio
from typing import Any

import pipe
from openai import AsyncOpenAI
from pipe import Task
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def agent(task: Task, **options: Any) -> Agent:
    client = AsyncOpenAI(base_url=task.base_url, api_key=task.api_key, max_retries=0)
    return Agent(OpenAIChatModel(task.model, provider=OpenAIProvider(openai_client=client)), **options)


def whole(task: Task, **options: Any) -> Any:
    async def ask() -> Any:
        result = await agent(task, **options).run(task.prompt)
        return pipe.answer(result.output, result.usage.input_tokens, result.usage.output_tokens)

    return runner.run(ask())


def stream(task: Task) -> Any:
    async def ask() -> Any:
        async with agent(task).run_stream(task.prompt) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            return {"pieces": pieces, **pipe.answer("".join(pieces), result.usage.input_tokens, result.usage.output_tokens)}

    return runner.run(ask())


def tools(task: Task) -> Any:
    return whole(task, tools=[pipe.get_weather])


def stop(task: Task) -> None:
    async def ask() -> None:
        async with agent(task).run_stream(task.prompt) as result:
            async for _ in result.stream_text(delta=True, debounce_by=None):
                break

    runner.run(ask())


with asyncio.Runner() as runner:
    pipe.serve({"whole": whole, "stream": stream, "tools": tools, "stop": stop}, (ModelAPIError,))
