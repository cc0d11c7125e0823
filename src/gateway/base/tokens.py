"""The entries of ACCESS_TOKENS, which know tokens by their hash."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Strictly, because whatever follows a colon within a time would be taken for models.
_EXPIRY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}T[0-9]{6}Z")


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of ACCESS_TOKENS. `expires` is the first moment at which it is of no use; `models` are globs, none for all models;
    `is_owner` whether it may see what all use.
    """

    label: str
    sha256: str
    expires: datetime | None = None
    models: tuple[str, ...] = ()
    is_owner: bool = False


def parse_tokens(text: str) -> tuple[Token, ...]:
    """Read ACCESS_TOKENS: entries `label:sha256[:expires[:models[:owner]]]`, separated by white space or commas.

    `expires` is a date or a time of ISO 8601 in UTC without colons (2027-01-31, of which day the token expires at the start, or
    20270131T120000Z), or empty for never; `models` are globs separated by `|`, or empty for all. `owner` stands where the token may see
    what all use.
    Raises `ValueError` with what was expected.
    """
    tokens = tuple(_parse_token(entry) for entry in re.split(r"[\s,]+", text) if entry)
    if text.strip() and not tokens:
        raise ValueError("expected at least one entry")
    if len({token.label for token in tokens}) != len(tokens):
        raise ValueError("expected every label once")
    return tokens


def digest(token: str) -> str:
    """The SHA-256 of a token, in lower-case hexadecimal. A token of 256 random bits needs no slower hash: it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _parse_token(entry: str) -> Token:
    label, sha256, expires, models, role, *rest = [*entry.split(":"), "", "", "", ""][: max(5, entry.count(":") + 1)]
    if not _LABEL.fullmatch(label) or not _SHA256.fullmatch(sha256) or role not in ("", "owner") or rest:
        raise ValueError("expected entries of label:sha256[:expires[:models[:owner]]], as make token prints them")
    globs = tuple(glob for glob in models.split("|") if glob)
    if models and not globs:
        raise ValueError("expected at least one model between the bars, or none of them for all models")
    return Token(label, sha256, _expiry(expires) if expires else None, globs, role == "owner")


def _expiry(text: str) -> datetime:
    try:
        until = datetime.fromisoformat(text) if _EXPIRY.fullmatch(text) else None
    except ValueError:
        until = None
    if until is None:
        raise ValueError("expected an expiry such as 2027-01-31 or 20270131T120000Z")
    return until.replace(tzinfo=UTC)
