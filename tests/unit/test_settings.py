"""Settings: defaults, what each accepts, and that a refused value is named but never quoted."""

from dataclasses import fields

import pytest

from gateway.base import settings
from gateway.base.errors import ApiError
from gateway.base.settings import READERS, Settings

KEY = {"IONET_API_KEY": "io-v2-abc.def", "ALLOW_ANONYMOUS": "true"}


def refusal(**values: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        settings.parse({**KEY, **values})
    return caught.value


def test_a_key_and_who_may_spend_it_are_all_that_is_needed() -> None:
    assert settings.parse(KEY) == Settings(
        ionet_api_key="io-v2-abc.def",
        ionet_base_url="https://api.intelligence.io.solutions/api/v1",
        default_model="meta-llama/Llama-3.3-70B-Instruct",
        access_tokens=(),
        allow_anonymous=True,
        access_team_domain="",
        access_audience="",
        allowed_hosts=("*",),
        allowed_origins=("*",),
        allowed_models=(),
        fallback_models=(),
        allowed_fields=(),
        max_body_bytes=1_000_000,
        max_messages=0,
        max_message_chars=0,
        max_completion_tokens=0,
        daily_token_budget=0,
        daily_budget_usd=0,
        monthly_budget_usd=0,
        total_daily_budget_usd=0,
        total_monthly_budget_usd=0,
        media_tokens=2_000,
        system_prompt="",
        moderation_model="",
        moderation_failure="closed",
        moderate_answers="off",
        show_unsafe_answers=False,
        first_byte_timeout_ms=60_000,
        stream_idle_timeout_ms=0,
        upstream_retries=1,
        models_fresh_seconds=300,
        history=True,
        history_max_rooms=20_000,
        history_max_bytes=100_000_000,
        titles=False,
        other_calls=(),
        usage=False,
        usage_keep_days=400,
    )


class TestClosedByDefault:
    def test_without_anyone_to_serve(self) -> None:
        error = refusal(ALLOW_ANONYMOUS=None)
        assert (error.status, error.param) == (503, "ACCESS_TOKENS")
        assert "make token" in error.message
        assert "ALLOW_ANONYMOUS" in error.message

    @pytest.mark.parametrize("value", ["yes", "1", "on", "truthy", "true;"])
    def test_only_true_opens_it(self, value: str) -> None:
        assert refusal(ALLOW_ANONYMOUS=value).param == "ALLOW_ANONYMOUS"

    @pytest.mark.parametrize("value", ["TRUE", "true", True, " true "])
    def test_true_in_any_case(self, value: object) -> None:
        assert settings.parse({**KEY, "ALLOW_ANONYMOUS": value}).allow_anonymous

    @pytest.mark.parametrize(
        "proof",
        [
            {"ACCESS_TOKENS": f"alice:{'0' * 64}"},
            {"ACCESS_TEAM_DOMAIN": "https://team.cloudflareaccess.com", "ACCESS_AUDIENCE": "tag"},
        ],
    )
    def test_tokens_or_cloudflare_access_are_enough(self, proof: dict[str, str]) -> None:
        assert not settings.parse({"IONET_API_KEY": "key", **proof}).allow_anonymous


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"ACCESS_TEAM_DOMAIN": "https://team.cloudflareaccess.com"}, "ACCESS_AUDIENCE"),
        ({"ACCESS_AUDIENCE": "tag"}, "ACCESS_AUDIENCE"),
        ({"ALLOWED_MODELS": "org/*"}, "DEFAULT_MODEL"),
        ({"DAILY_TOKEN_BUDGET": "1000"}, "MAX_COMPLETION_TOKENS"),
        ({"TOTAL_MONTHLY_BUDGET_USD": "20"}, "MAX_COMPLETION_TOKENS"),
        ({"MODERATE_ANSWERS": "after"}, "MODERATE_ANSWERS"),
        ({"MODERATE_ANSWERS": "before", "MODERATION_MODEL": "guard", "OTHER_CALLS": "completions"}, "OTHER_CALLS"),
    ],
)
def test_settings_that_contradict_each_other(values: dict[str, str], param: str) -> None:
    assert refusal(**values).param == param


def test_lists() -> None:
    parsed = settings.parse({**KEY, "ALLOWED_MODELS": "meta-llama/*, org/a,", "FALLBACK_MODELS": "org/a"})
    assert parsed.allowed_models == ("meta-llama/*", "org/a")
    assert parsed.fallback_models == ("org/a",)


def test_every_field_has_its_setting() -> None:
    assert [name.lower() for name in READERS] == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("blank", [None, "", "  \n"])
def test_blank_is_the_default(blank: object) -> None:
    assert settings.parse({**KEY, **dict.fromkeys(set(READERS) - set(KEY), blank)}) == settings.parse(KEY)


@pytest.mark.parametrize(("given", "on"), [("on", True), ("ON", True), ("off", False)])
def test_titles_are_on_where_the_owner_says_so(given: str, on: bool) -> None:
    assert settings.parse({**KEY, "TITLES": given}).titles is on


def test_a_number_may_come_as_a_number() -> None:
    assert settings.parse({**KEY, "UPSTREAM_RETRIES": 3}).upstream_retries == 3


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://other.example/v1/", "https://other.example/v1"),
        ("http://127.0.0.1:9950/v1", "http://127.0.0.1:9950/v1"),
        ("http://localhost:9950", "http://localhost:9950"),
        ("http://[::1]:9950/v1", "http://[::1]:9950/v1"),
    ],
)
def test_base_url(given: str, used: str) -> None:
    assert settings.parse({**KEY, "IONET_BASE_URL": given}).ionet_base_url == used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IONET_API_KEY", "two words"),
        ("IONET_API_KEY", "line\nbreak"),
        ("IONET_API_KEY", "kéy"),
        ("IONET_BASE_URL", "api.example/v1"),
        ("IONET_BASE_URL", "http://api.example/v1"),
        ("IONET_BASE_URL", "http://127.0.0.1.evil.example/v1"),
        ("IONET_BASE_URL", "https://user:secret@api.example/v1"),
        ("IONET_BASE_URL", "https://api.example/v1?key=secret"),
        ("IONET_BASE_URL", "https://[broken/v1"),
        ("IONET_BASE_URL", "ftp://api.example"),
        ("ACCESS_TOKENS", "alice:ionet_not-a-hash"),
        ("ACCESS_TEAM_DOMAIN", "team"),
        ("ALLOWED_HOSTS", "edge.example:8787"),
        ("ALLOWED_HOSTS", "https://edge.example"),
        ("ALLOWED_HOSTS", "edge.example,"),
        ("ALLOWED_HOSTS", "*.edge.example"),
        ("ALLOWED_ORIGINS", "https://loopback, localhost"),
        ("ALLOWED_ORIGINS", "https://*.*.site.example"),
        ("ALLOWED_ORIGINS", "https://site*.example"),
        ("ALLOWED_ORIGINS", "https://*:8443"),
        ("ALLOWED_ORIGINS", "https://*.:8443"),
        ("ALLOWED_MODELS", "two words"),
        ("ALLOWED_MODELS", ","),
        ("ALLOWED_MODELS", " , ,"),
        ("FALLBACK_MODELS", ","),
        ("ALLOWED_FIELDS", ",,"),
        ("ALLOWED_FIELDS", "top k"),
        ("ALLOWED_ORIGINS", ","),
        ("ACCESS_TOKENS", ", ,"),
        ("ACCESS_TOKENS", f"alice:{'0' * 64}::|"),
        ("ACCESS_TOKENS", f"alice:{'0' * 64}:2027-01-31T12:00"),
        ("MODERATION_FAILURE", "ajar"),
        ("MODERATE_ANSWERS", "on"),
        ("TITLES", "true"),
        ("ALLOWED_ORIGINS", "site.example"),
        ("ALLOWED_ORIGINS", "https://example.com/path"),
        ("ALLOWED_ORIGINS", "https://example.com https://other.example"),
        ("MAX_BODY_BYTES", "1MB"),
        ("MAX_BODY_BYTES", "999"),
        ("MAX_BODY_BYTES", "4000001"),
        ("MAX_BODY_BYTES", "99999999999999999999"),
        ("FIRST_BYTE_TIMEOUT_MS", "-1"),
        ("FIRST_BYTE_TIMEOUT_MS", "1e4"),
        ("FIRST_BYTE_TIMEOUT_MS", "١٠٠٠"),  # digits, but not ASCII's
        ("UPSTREAM_RETRIES", "6"),
        ("UPSTREAM_RETRIES", "1.5"),
    ],
)
def test_a_wrong_value_is_named_and_not_quoted(name: str, value: str) -> None:
    error = refusal(**{name: value})
    assert (error.status, error.code, error.param) == (503, "not_configured", name)
    assert f"{name}: expected" in error.message
    assert value not in error.message


def test_all_that_is_wrong_is_named_at_once() -> None:
    error = refusal(IONET_API_KEY=None, UPSTREAM_RETRIES="many")
    assert "IONET_API_KEY: not set" in error.message
    assert "UPSTREAM_RETRIES: expected" in error.message
