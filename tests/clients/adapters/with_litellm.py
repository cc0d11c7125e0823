"""LiteLLM, as a library."""

import json
from typing import Any

import litellm
import pipe
from openai import APIError
from pipe import Task

litellm.telemetry = False
litellm.suppress_debug_info = True

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": pipe.get_weather.__doc__,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def complete(task: Task, *later: Any, **fields: Any) -> Any:
    return litellm.completion(
        model=f"openai/{task.model}",
        api_base=task.base_url,
        api_key=task.api_key,
        messages=[{"role": "user", "content": task.prompt}, *later],
        max_retries=0,
        **fields,
    )


def answer(completion: Any) -> dict[str, Any]:
    usage = completion.usage
    return pipe.answer(completion.choices[0].message.content, usage.prompt_tokens, usage.completion_tokens)


def whole(task: Task) -> Any:
    return answer(complete(task))


def stream(task: Task) -> Any:
    chunks = list(complete(task, stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    return {"pieces": pieces, **answer(litellm.stream_chunk_builder(chunks))}


def tools(task: Task) -> Any:
    calling = complete(task, tools=[WEATHER], tool_choice="auto").choices[0].message
    (call,) = calling.tool_calls
    result = pipe.get_weather(**json.loads(call.function.arguments))
    return answer(complete(task, calling, {"role": "tool", "tool_call_id": call.id, "content": result}))


def stop(task: Task) -> None:
    chunks = complete(task, stream=True)
    next(chunks)
    chunks.close()


def models(task: Task) -> Any:
    return litellm.get_valid_models(
        check_provider_endpoint=True,
        custom_llm_provider="openai",
        api_base=task.base_url,
        api_key=task.api_key,
    )


pipe.serve({"whole": whole, "stream": stream, "tools": tools, "stop": stop, "models": models}, (APIError,))
