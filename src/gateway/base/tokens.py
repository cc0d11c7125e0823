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
    Raises `ValueError` with what was expected of which part, and of the how-manieth of several entries. It quotes none: somebody may
    have put the token itself there.
    """
    entries = [entry for entry in re.split(r"[\s,]+", text) if entry]
    if text.strip() and not entries:
        raise ValueError("expected at least one entry")
    tokens = tuple(_parse_token(entry, f"entry {number}: " if entries[1:] else "") for number, entry in enumerate(entries, 1))
    if len({token.label for token in tokens}) != len(tokens):
        raise ValueError("expected every label once")
    return tokens


def digest(token: str) -> str:
    """The SHA-256 of a token, in lower-case hexadecimal. A token of 256 random bits needs no slower hash: it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _parse_token(entry: str, which: str) -> Token:
    label, sha256, expires, models, role, *rest = [*entry.split(":"), "", "", "", ""][: max(5, entry.count(":") + 1)]
    globs = tuple(glob for glob in models.split("|") if glob)
    expected = {
        "as a label 1 to 64 letters, digits and ._@-, of which the first is a letter or digit": _LABEL.fullmatch(label),
        "the token's SHA-256 after the label, as make token prints it": _SHA256.fullmatch(sha256),
        "an expiry such as 2027-01-31 or 20270131T120000Z, or none": not expires or _expiry(expires),
        "at least one model between the bars, or none of them for all models": globs or not models,
        "owner as the role, or nothing": role in ("", "owner"),
        "no more than label:sha256:expires:models:owner": not rest,
    }
    for what, holds in expected.items():
        if not holds:
            raise ValueError(f"{which}expected {what}")
    return Token(label, sha256, _expiry(expires), globs, role == "owner")


def _expiry(text: str) -> datetime | None:
    """None where it is none, or empty."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if _EXPIRY.fullmatch(text) else None
    except ValueError:
        return None
