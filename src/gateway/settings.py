"""The owner's settings, parsed once from the Worker's env bindings into one frozen object."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar
from urllib.parse import urlsplit

from gateway.errors import SERVER, ApiError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. A field is named like its binding, in lower case."""

    ionet_api_key: str
    ionet_base_url: str
    default_model: str
    allowed_origins: tuple[str, ...]
    max_body_bytes: int
    first_byte_timeout_ms: int
    upstream_retries: int


class WrongSetting(Exception):
    """One setting's value cannot be used. The message says what was expected and never quotes the value: it may be a secret."""


def parse(values: Mapping[str, object]) -> Settings:
    """Check the bindings and give the settings.

    Parameters: `values`, the Worker's bindings by name; one that is missing, None or blank takes its default.
    Raises `ApiError` (503, code `not_configured`, `param` the first setting at fault) that names every setting at fault.
    """
    parsed: dict[str, object] = {}
    problems: dict[str, str] = {}
    for name, (default, read) in READERS.items():
        value = values.get(name)
        text = str(value).strip() if value is not None else ""
        try:
            parsed[name.lower()] = read(text or default)
        except WrongSetting as problem:
            problems[name] = str(problem)
    if problems:
        message = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise ApiError(
            503, f"This edge is not set up. {message}.", code="not_configured", type=SERVER, param=next(iter(problems))
        )
    return Settings(**parsed)  # type: ignore[arg-type]  # READERS gives each field its type; a test holds the two together


def _key(text: str) -> str:
    if not text:
        raise WrongSetting("not set; expected your io.net key (npx wrangler secret put IONET_API_KEY)")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise WrongSetting("expected one line of printable ASCII without spaces")
    return text


def _base_url(text: str) -> str:
    try:
        url = urlsplit(text)
    except ValueError:  # of brackets that hold no IPv6 address
        url = urlsplit("")
    loopback = url.hostname in ("127.0.0.1", "localhost", "::1")
    if (
        not url.hostname
        or url.username
        or url.query
        or url.fragment
        or not (url.scheme == "https" or (url.scheme == "http" and loopback))
    ):
        raise WrongSetting("expected an https:// address without credentials or query (http:// only on this machine)")
    return text.rstrip("/")


def _text(text: str) -> str:
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin):
            raise WrongSetting("expected * or origins such as https://example.com, separated by commas, without a path")
    return origins


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise WrongSetting(f"expected a whole number from {lowest} to {highest}")
        return int(text)

    return read


READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "IONET_API_KEY": ("", _key),
    "IONET_BASE_URL": ("https://api.intelligence.io.solutions/api/v1", _base_url),
    "DEFAULT_MODEL": ("meta-llama/Llama-3.3-70B-Instruct", _text),
    "ALLOWED_ORIGINS": ("*", _origins),
    "MAX_BODY_BYTES": ("1000000", _whole_number(1_000, 50_000_000)),
    "FIRST_BYTE_TIMEOUT_MS": ("60000", _whole_number(100, 600_000)),
    "UPSTREAM_RETRIES": ("1", _whole_number(0, 5)),
}
"""Each setting's default and its reader, which turns the text into the value or raises `WrongSetting`."""

FIELDS = tuple(field.name for field in fields(Settings))
