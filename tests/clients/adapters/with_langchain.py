"""LangChain's `ChatOpenAI`."""

from typing import Any

import pipe
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import APIError
from pipe import Task


def chat(task: Task) -> ChatOpenAI:
    return ChatOpenAI(base_url=task.base_url, api_key=task.api_key, model=task.model, max_retries=0, stream_usage=True)


def answer(message: Any) -> dict[str, Any]:
    usage = message.usage_metadata or {}
    return pipe.answer(message.text, usage.get("input_tokens"), usage.get("output_tokens"))


def whole(task: Task) -> Any:
    return answer(chat(task).invoke(task.prompt))


def stream(task: Task) -> Any:
    chunks: list[AIMessageChunk] = list(chat(task).stream(task.prompt))
    message = chunks[0]
    for chunk in chunks[1:]:
        message += chunk
    return {"pieces": [chunk.text for chunk in chunks if chunk.text], **answer(message)}


def tools(task: Task) -> Any:
    get_weather = tool(pipe.get_weather)
    model = chat(task).bind_tools([get_weather], tool_choice="auto")
    asking = HumanMessage(task.prompt)
    calling = model.invoke([asking])
    return answer(model.invoke([asking, calling, *map(get_weather.invoke, calling.tool_calls)]))


def stop(task: Task) -> None:
    for _ in chat(task).stream(task.prompt):
        break


pipe.serve({"whole": whole, "stream": stream, "tools": tools, "stop": stop}, (APIError,))
