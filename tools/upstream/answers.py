"""What the demo upstream says. There is no model: the answer is put together from the request, so that it shows what arrived."""

import json
import re
from dataclasses import dataclass

from tools.upstream import models
from tools.upstream.frames import JAPANESE, Answer, Json, ToolCall, split

QUOTED_CHARACTERS = 240
WANTS_MARKDOWN = re.compile(r"\b(code|markdown|table|list|python|javascript)\b|コード|マークダウン|表|一覧|リスト", re.IGNORECASE)
IS_JAPANESE = re.compile(f"[{JAPANESE}]")
SAMPLE_VALUES: Json = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}, "null": None}


@dataclass(frozen=True)
class Asked:
    """What a chat request says, as far as the answer depends on it."""

    question: str
    system_prompt: str
    tool_result: str | None
    leaves_tools_out: bool
    messages: int
    temperature: object
    model: str

    @classmethod
    def of(cls, request: Json) -> "Asked":
        messages = request["messages"]
        texts = {message["role"]: text_of(message) for message in messages}
        return cls(
            question=texts.get("user", "").strip(),
            system_prompt=texts.get("system", texts.get("developer", "")).strip(),
            tool_result=text_of(messages[-1]) if messages[-1]["role"] == "tool" else None,
            leaves_tools_out=bool(request.get("tools")) and not request.get("tool_choice"),
            messages=len(messages),
            temperature=request.get("temperature"),
            model=request["model"],
        )


def text_of(message: Json) -> str:
    """The text of a message, whose content may be a string, a list of parts, or nothing."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def prompt_tokens(request: Json) -> int:
    """How many tokens the messages of `request` have."""
    return sum(len(split(text_of(message))) for message in request["messages"])


def compose(request: Json, call_id: str) -> Answer:
    """The answer to a chat request.

    Parameters: `request`, the body, already validated; `call_id`, the id for a tool call where one is made.
    Returns the answer, cut to `max_completion_tokens` (or `max_tokens`).
    """
    row = models.row(request["model"])
    asked = Asked.of(request)
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    function = wanted_function(request) if row.get("supports_tools") and asked.tool_result is None else None
    if function:
        arguments = json.dumps(sample_arguments(function, asked.question), ensure_ascii=False)
        return Answer(tool_call=ToolCall(call_id, function["name"], split(arguments)), finish_reason="tool_calls").cut(limit)
    write, think = (japanese, japanese_reasoning) if IS_JAPANESE.search(asked.question) else (english, english_reasoning)
    reasoning = split(think(asked)) if row.get("supports_reasoning") else ()
    return Answer(split(write(asked)), reasoning).cut(limit)


def wanted_function(request: Json) -> Json | None:
    """The function to call: the one that `tool_choice` names, else the first.

    None where there are no tools, and unless `tool_choice` asks: io.net's documentation has "none" for its default, unlike OpenAI's "auto".
    Who finds no call here would find none there, so the answer in text says what to send (`Asked.leaves_tools_out`).
    """
    choice = request.get("tool_choice") or "none"
    functions: list[Json] = [tool["function"] for tool in request.get("tools") or []]
    if choice == "none" or not functions:
        return None
    name = choice["function"]["name"] if isinstance(choice, dict) else None
    return next((function for function in functions if function["name"] == name), functions[0])


def sample_arguments(function: Json, question: str) -> Json:
    """A value for each property in the schema of `function`: the first of an enumeration, the question where text is wanted."""
    properties: Json = (function.get("parameters") or {}).get("properties", {})
    return {
        name: schema["enum"][0] if schema.get("enum") else SAMPLE_VALUES.get(str(schema.get("type")), question)
        for name, schema in properties.items()
    }


def quoted(text: str) -> str:
    """The beginning of `text` as a Markdown quotation."""
    short = text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "…"
    return "\n".join(f"> {line}" for line in short.splitlines()) or "> …"


def code_block(question: str) -> str:
    return f"```python\nquestion = {question[:QUOTED_CHARACTERS]!r}\nprint(len(question.split()))\n```"


def english(asked: Asked) -> str:
    words = asked.question.split()
    temperature = "no temperature set" if asked.temperature is None else f"the temperature at {asked.temperature}"
    system = f"this system prompt:\n\n{quoted(asked.system_prompt)}" if asked.system_prompt else "no system prompt."
    parts = [
        f"You asked:\n\n{quoted(asked.question)}",
        "This is the demo upstream on your machine; no model is behind it. What you read is put together from your request, and "
        "it streams the way an answer from io.net does: one small piece after the other, as soon as it is there.",
    ]
    if asked.tool_result is not None:
        parts.append(f"The tool answered:\n\n{quoted(asked.tool_result)}")
    if asked.leaves_tools_out:
        parts.append(
            'You sent `tools` without `tool_choice`, of which io.net\'s documentation says that it is "none" then: no tool is called. '
            'Send `"tool_choice": "auto"` to see a call.'
        )
    if words:
        longest = max(words, key=len)
        parts.append(f"Your question has {len(words)} words, and “{longest[:QUOTED_CHARACTERS]}” is the longest of them.")
    parts.append(f"It came to `{asked.model}` as the last of {asked.messages} messages, with {temperature}, and with {system}")
    if WANTS_MARKDOWN.search(asked.question):
        parts += [
            "Here is some Markdown to look at:",
            "- a list,\n- with **bold** text,\n- and `code` in a line",
            "| part | count |\n| --- | --- |\n" + f"| words | {len(words)} |\n| characters | {len(asked.question)} |",
            code_block(asked.question),
        ]
    parts.append("Put an `IONET_API_KEY` into `.dev.vars` and start again to talk to a real model.")
    return "\n\n".join(parts)


def english_reasoning(asked: Asked) -> str:
    return (
        f"There are {asked.messages} messages, and the last question has {len(asked.question)} characters. "
        "No model is behind this, so I can only say what arrived. That will do."
    )


def japanese(asked: Asked) -> str:
    temperature = "温度の指定はありません" if asked.temperature is None else f"温度は {asked.temperature} です"
    system = (
        f"システムプロンプトは次のとおりです。\n\n{quoted(asked.system_prompt)}"
        if asked.system_prompt
        else "システムプロンプトはありません。"
    )
    parts = [
        f"ご質問はこちらですね。\n\n{quoted(asked.question)}",
        "これはお使いのマシンで動くデモ用の上流サーバーで、背後にモデルはありません。この文章はリクエストの内容から組み立てたもので、"
        "io.net の回答と同じように、少しずつ、できたそばから届きます。",
    ]
    if asked.tool_result is not None:
        parts.append(f"ツールの結果は次のとおりです。\n\n{quoted(asked.tool_result)}")
    if asked.leaves_tools_out:
        parts.append(
            '`tools` は届きましたが、`tool_choice` がありません。io.net の文書では、その場合の既定値は "none" で、ツールは呼ばれません。'
            '呼び出しを見るには `"tool_choice": "auto"` を付けてください。'
        )
    parts.append(
        f"ご質問は {len(asked.question)} 文字で、{asked.messages} 件のメッセージの最後として "
        f"`{asked.model}` に届きました。{temperature}。{system}"
    )
    if WANTS_MARKDOWN.search(asked.question):
        parts += [
            "Markdown の見本です。",
            "- 箇条書き\n- **太字**\n- 行の中の `コード`",
            f"| 項目 | 数 |\n| --- | --- |\n| 文字 | {len(asked.question)} |\n| メッセージ | {asked.messages} |",
            code_block(asked.question),
        ]
    parts.append("本物のモデルと話すには、`.dev.vars` に `IONET_API_KEY` を書いて、もう一度起動してください。")
    return "\n\n".join(parts)


def japanese_reasoning(asked: Asked) -> str:
    return (
        f"メッセージは {asked.messages} 件、最後の質問は {len(asked.question)} 文字です。"
        "モデルはないので、届いたものを伝えることにします。"
    )
