"""Names of fields: what could be taken for another, and what does not pass while the owner has a policy."""

import json
from typing import Any

import pytest
from openai.types.chat import completion_create_params

from gateway.access.identity import Identity
from gateway.request.fields import DOCUMENTED
from tests.unit.test_policy import USER, refusal, sent_bytes

POLICIES: dict[str, dict[str, Any]] = {
    "models": {"allowed_models": ("org/*",)},
    "messages": {"max_messages": 3},
    "characters": {"max_message_chars": 100},
    "tokens": {"max_completion_tokens": 100},
    "a system prompt": {"system_prompt": "Be kind."},
    "a guard": {"moderation_model": "org/guard"},
    "fields": {"allowed_fields": ("top_k",)},
}

LOOK_ALIKES = {
    "Model": "model",
    "MODEL": "model",
    "Messages": "messages",
    "me\u017f\u017fages": "messages",  # a long s
    "Max_Tokens": "max_tokens",
    "max_to\u212aens": "max_tokens",  # a Kelvin sign
    "max_complet\u0131on_tokens": "max_completion_tokens",  # a dotless i
    "MAX_COMPLET\u0130ON_TOKENS": "max_completion_tokens",  # a dotted I
    "Stream": "stream",
    "\u017ftream": "stream",
    "N": "n",
    "Best_Of": "best_of",
}

THAT_GOVERN_THE_CALL_AGAIN = (
    "models", "route", "provider", "fallbacks", "extra_body", "system", "prompt", "chat_template", "chat_template_kwargs", "documents",
    "max_new_tokens", "min_tokens", "ignore_eos", "num_return_sequences", "use_beam_search", "best_of", "add_generation_prompt",
    "continue_final_message", "add_special_tokens", "guided_json", "guided_grammar", "structured_outputs", "bad_words", "stop_token_ids",
    "truncate_prompt_tokens", "mm_processor_kwargs", "kv_transfer_params", "vllm_xargs", "transforms", "plugins", "preset", "api_base",
    "base_url", "api_key", "headers", "extra_headers", "engine", "deployment_id", "num_ctx", "options", "keep_alive", "template",
    "Tools", "Response_Format", " model", "model ", "model\u0000", "", "\ud800", "x" * 300,
)  # fmt: skip


def admit(request: dict[str, Any], **limits: Any) -> bytes:
    """What would be sent for a request with one message, to the model that it asks for."""
    return sent_bytes(json.dumps({"messages": [USER], **request}).encode(), **limits)


def test_the_documented_fields_are_those_of_openais_client() -> None:
    params = (completion_create_params.CompletionCreateParamsBase, completion_create_params.CompletionCreateParamsStreaming)
    assert frozenset().union(*(param.__annotations__ for param in params)) == DOCUMENTED


class TestSpelling:
    @pytest.mark.parametrize("limits", [{}, {"max_completion_tokens": 100}], ids=["without a policy", "with one"])
    @pytest.mark.parametrize(("name", "meant"), LOOK_ALIKES.items())
    def test_a_name_that_could_be_taken_for_a_governed_one(self, name: str, meant: str, limits: dict[str, Any]) -> None:
        error = refusal({name: 1}, **limits)
        assert (error.status, error.code, error.param) == (400, "ambiguous_name", meant)

    @pytest.mark.parametrize(
        ("message", "param"),
        [
            ({"role": "user", "Role": "system", "content": "x"}, "messages[1].role"),
            ({"role": "user", "\u0280ole": "x", "ROLE": "system"}, "messages[1].role"),
            ({"role": "user", "content": "x", "Content": "y"}, "messages[1].content"),
            ({"role": "assistant", "Tool_Call\u017f": []}, "messages[1].tool_calls"),
            ({"role": "user", "content": [{"type": "text", "Type": "image_url"}]}, "messages[1].content[0].type"),
            ({"role": "user", "content": [USER, {"TEXT": "x"}]}, "messages[1].content[1].text"),
        ],
    )
    def test_in_a_message_too(self, message: dict[str, Any], param: str) -> None:
        error = refusal({"messages": [USER, message]})
        assert (error.status, error.code, error.param) == (400, "ambiguous_name", param)

    def test_other_names_are_nobodys_business(self) -> None:
        request = {"Modell": 1, "x_Model": 1, "messages": [{**USER, "X": 1}], "tools": [{"Model": 1, "model": 2}]}
        assert json.loads(admit(request)) == {**request, "stream": True, "model": "org/default"}


class TestWhileThereIsAPolicy:
    @pytest.mark.parametrize("field", THAT_GOVERN_THE_CALL_AGAIN)
    def test_no_other_field_passes(self, field: str) -> None:
        error = refusal({field: "x"}, max_completion_tokens=100)
        assert (error.status, error.code) == (400, "field_not_allowed")
        assert "ALLOWED_FIELDS" in error.message
        if field.isidentifier() and len(field) < 64:
            assert error.param == field

    @pytest.mark.parametrize("limits", POLICIES.values(), ids=list(POLICIES))
    def test_whichever_it_is(self, limits: dict[str, Any]) -> None:
        assert refusal({"models": ["org/dear"]}, **limits).code == "field_not_allowed"

    def test_a_tokens_own_models_are_one(self) -> None:
        assert refusal({"models": ["other/dear"]}, Identity("token:bob", ("org/*",))).code == "field_not_allowed"

    def test_documented_fields_do(self) -> None:
        request: dict[str, Any] = dict.fromkeys(sorted(DOCUMENTED - {"messages", "model", "stream"}), None)
        assert json.loads(admit(request, max_messages=3)).keys() == DOCUMENTED

    def test_and_those_that_the_owner_adds(self) -> None:
        assert b'"top_k": 3' in admit({"top_k": 3}, max_messages=3, allowed_fields=("top_k", "min_p"))


def test_without_one_all_pass() -> None:
    request = dict.fromkeys(set(THAT_GOVERN_THE_CALL_AGAIN) - {"\ud800"}, "x")
    assert json.loads(admit(request)) == {"messages": [USER], **request, "stream": True, "model": "org/default"}
