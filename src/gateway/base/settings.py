"""The owner's settings, parsed once from the Worker's env bindings into one frozen object."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.base.errors import SERVER, ApiError
from gateway.base.globs import matches
from gateway.base.tokens import Token, parse_tokens


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. A field is named like its binding, in lower case. Of the limits, 0 is none; USD are in millionths."""

    ionet_api_key: str
    ionet_base_url: str
    default_model: str
    access_tokens: tuple[Token, ...]
    allow_anonymous: bool
    access_team_domain: str
    access_audience: str
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    allowed_models: tuple[str, ...]
    fallback_models: tuple[str, ...]
    allowed_fields: tuple[str, ...]
    max_body_bytes: int
    max_messages: int
    max_message_chars: int
    max_completion_tokens: int
    daily_token_budget: int
    daily_budget_usd: int
    monthly_budget_usd: int
    total_daily_budget_usd: int
    total_monthly_budget_usd: int
    media_tokens: int
    system_prompt: str
    moderation_model: str
    moderation_failure: str
    moderate_answers: str
    show_unsafe_answers: bool
    first_byte_timeout_ms: int
    stream_idle_timeout_ms: int
    upstream_retries: int
    models_fresh_seconds: int
    history: bool
    history_max_rooms: int
    history_max_bytes: int
    titles: bool
    other_calls: tuple[str, ...]
    usage: bool
    usage_keep_days: int

    @property
    def counts_answers(self) -> bool:
        """Whether it is counted what answers take: for the table of usage, or for a budget."""
        return self.usage or self.has_budget

    @property
    def has_budget(self) -> bool:
        """Whether there is any budget."""
        return self.daily_token_budget > 0 or self.has_budget_in_usd

    @property
    def has_budget_in_usd(self) -> bool:
        """Whether there is one for which prices are needed."""
        return any((self.daily_budget_usd, self.monthly_budget_usd, self.total_daily_budget_usd, self.total_monthly_budget_usd))


def parse(values: Mapping[str, object]) -> Settings:
    """Check the bindings and give the settings.

    Parameters: `values`, the Worker's bindings by name; one that is missing, None or blank takes its default.
    Raises `ApiError` (503, code `not_configured`, `param` the first setting at fault) that names every setting at fault and what was
    expected. It never quotes a value: that may be a secret.
    """
    parsed: dict[str, object] = {}
    problems: dict[str, str] = {}
    for name, (default, read) in READERS.items():
        value = values.get(name)
        text = str(value).strip() if value is not None else ""
        try:
            parsed[name.lower()] = read(text or default)
        except ValueError as problem:
            problems[name] = str(problem)
    if problems:
        raise not_configured(problems)
    settings = Settings(**parsed)  # type: ignore[arg-type]  # READERS gives each field its type; a test holds the two together
    if problems := _contradictions(settings):
        raise not_configured(problems)
    return settings


def not_configured(problems: Mapping[str, str]) -> ApiError:
    """The 503 that names each setting at fault with what was expected of it."""
    message = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
    return ApiError(503, f"This edge is not set up. {message}.", code="not_configured", type=SERVER, param=next(iter(problems)))


def _contradictions(settings: Settings) -> dict[str, str]:
    """What is wrong between settings that are right by themselves."""
    problems = {}
    if not (settings.access_tokens or settings.allow_anonymous or settings.access_team_domain):
        problems["ACCESS_TOKENS"] = (
            "not set, so nobody is served; expected an entry from make token LABEL=…, or ACCESS_TEAM_DOMAIN for Cloudflare Access, "
            "or ALLOW_ANONYMOUS = true to let everybody spend the key"
        )
    if bool(settings.access_team_domain) != bool(settings.access_audience):
        problems["ACCESS_AUDIENCE"] = "expected together with ACCESS_TEAM_DOMAIN, or neither"
    if not matches(settings.allowed_models, settings.default_model):
        problems["DEFAULT_MODEL"] = "expected one of ALLOWED_MODELS"
    if settings.has_budget and not settings.max_completion_tokens:
        problems["MAX_COMPLETION_TOKENS"] = "expected together with a budget, which is reserved by it"
    if settings.moderate_answers != "off" and not settings.moderation_model:
        problems["MODERATE_ANSWERS"] = "expected off without MODERATION_MODEL, which judges them"
    if "completions" in settings.other_calls and (settings.system_prompt or settings.moderation_model):
        problems["OTHER_CALLS"] = "expected no completions beside SYSTEM_PROMPT or MODERATION_MODEL, which hold for chats only"
    return problems


def _key(text: str) -> str:
    if not text:
        raise ValueError("not set; expected your io.net key (npx wrangler secret put IONET_API_KEY)")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("expected one line of printable ASCII without spaces")
    return text


def _address(text: str) -> str:
    try:
        url = urlsplit(text)
    except ValueError:  # of brackets that hold no IPv6 address
        url = urlsplit("")
    loopback = url.hostname in ("127.0.0.1", "localhost", "::1")
    secure = url.scheme == "https" or (url.scheme == "http" and loopback)
    if not url.hostname or url.username or url.query or url.fragment or not secure:
        raise ValueError("expected an https:// address without credentials or query (http:// only on this machine)")
    return text.rstrip("/")


def _optional_address(text: str) -> str:
    return _address(text) if text else ""


def _text(text: str) -> str:
    return text


def _model(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{0,200}", text) or "," in text:
        raise ValueError("expected one model's name, such as meta-llama/Llama-3.3-70B-Instruct")
    return text


def _models(text: str) -> tuple[str, ...]:
    return tuple(_model(entry) for entry in _entries(text))


def _fields(text: str) -> tuple[str, ...]:
    names = _entries(text)
    if not all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in names):
        raise ValueError("expected names of fields, such as top_k, separated by commas")
    return names


def _calls(text: str) -> tuple[str, ...]:
    calls = _entries(text)
    if not set(calls) <= {"embeddings", "completions"}:
        raise ValueError("expected embeddings, completions, or both, separated by a comma")
    return calls


def _entries(text: str) -> tuple[str, ...]:
    """The entries of a list, separated by commas. One that is given but holds none is a mistake, and might mean all."""
    entries = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    if text and not entries:
        raise ValueError("expected at least one entry; leave the setting out for its default")
    return entries


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(entry.strip() for entry in text.lower().split(","))
    for host in hosts:
        if host != "*" and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]", host):
            raise ValueError("expected *, loopback, or hosts such as edge.example.com, separated by commas, without a port")
    return hosts


def _origins(text: str) -> tuple[str, ...]:
    origins = _entries(text)
    for origin in origins:
        if origin not in ("*", "loopback") and not re.fullmatch(
            r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?", origin
        ):
            raise ValueError(
                "expected *, loopback, or origins such as https://example.com or https://*.example.com, separated by commas, without a path"
            )
    return origins


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"expected {' or '.join(choices)}")
        return text.lower()

    return read


def _yes(text: str) -> bool:
    return _choice("true", "false")(text) == "true"


def _on(text: str) -> bool:
    return _choice("on", "off")(text) == "on"


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return int(text)

    return read


def _usd(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise ValueError("expected USD, such as 2.50, below a million")
    whole, _, parts = text.partition(".")
    return int(whole) * 1_000_000 + int(parts.ljust(6, "0"))


READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "IONET_API_KEY": ("", _key),
    "IONET_BASE_URL": ("https://api.intelligence.io.solutions/api/v1", _address),
    "DEFAULT_MODEL": ("meta-llama/Llama-3.3-70B-Instruct", _model),
    "ACCESS_TOKENS": ("", parse_tokens),
    "ALLOW_ANONYMOUS": ("false", _yes),
    "ACCESS_TEAM_DOMAIN": ("", _optional_address),
    "ACCESS_AUDIENCE": ("", _text),
    "ALLOWED_HOSTS": ("*", _hosts),
    "ALLOWED_ORIGINS": ("*", _origins),
    "ALLOWED_MODELS": ("", _models),
    "FALLBACK_MODELS": ("", _models),
    "ALLOWED_FIELDS": ("", _fields),
    "MAX_BODY_BYTES": ("1000000", _whole_number(1_000, 4_000_000)),
    "MAX_MESSAGES": ("0", _whole_number(0, 100_000)),
    "MAX_MESSAGE_CHARS": ("0", _whole_number(0, 4_000_000)),
    "MAX_COMPLETION_TOKENS": ("0", _whole_number(0, 10_000_000)),
    "DAILY_TOKEN_BUDGET": ("0", _whole_number(0, 999_999_999_999)),
    "DAILY_BUDGET_USD": ("0", _usd),
    "MONTHLY_BUDGET_USD": ("0", _usd),
    "TOTAL_DAILY_BUDGET_USD": ("0", _usd),
    "TOTAL_MONTHLY_BUDGET_USD": ("0", _usd),
    "MEDIA_TOKENS": ("2000", _whole_number(0, 1_000_000)),
    "SYSTEM_PROMPT": ("", _text),
    "MODERATION_MODEL": ("", _model),
    "MODERATION_FAILURE": ("closed", _choice("closed", "open")),
    "MODERATE_ANSWERS": ("off", _choice("off", "after", "before")),
    "SHOW_UNSAFE_ANSWERS": ("off", _on),
    "FIRST_BYTE_TIMEOUT_MS": ("60000", _whole_number(100, 600_000)),
    "STREAM_IDLE_TIMEOUT_MS": ("0", _whole_number(0, 600_000)),
    "UPSTREAM_RETRIES": ("1", _whole_number(0, 5)),
    "MODELS_FRESH_SECONDS": ("300", _whole_number(0, 86_400)),
    "HISTORY": ("on", _on),
    "HISTORY_MAX_ROOMS": ("20000", _whole_number(1, 10_000_000)),
    "HISTORY_MAX_BYTES": ("100000000", _whole_number(1_000, 10_000_000_000)),
    "TITLES": ("off", _on),
    "OTHER_CALLS": ("", _calls),
    "USAGE": ("off", _on),
    "USAGE_KEEP_DAYS": ("400", _whole_number(1, 4_000)),
}
"""Each setting's default and its reader, which turns the text into the value or raises `ValueError` with what was expected."""
