"""What the query of an address asks for, and the cursors that lead from page to page."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from gateway.base.errors import ApiError, invalid

MAX_NUMBER = 10**15
"""Above all times and versions."""


class Query:
    """The parameters of a request's address; of one that stands twice, the last."""

    def __init__(self, url: str) -> None:
        self._values = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))

    def text(self, name: str, longest: int) -> str:
        """A text of 1 to `longest` characters; raises `ApiError` 400."""
        value = self._values.get(name, "").strip()
        if not value:
            raise invalid(f"{name} is missing.", param=name, code="missing_field")
        if len(value) > longest or not value.isprintable():
            raise invalid(f"{name} is longer than {longest} characters, or holds some that cannot be printed.", param=name)
        return value

    def whole(self, name: str, lowest: int, highest: int, default: int) -> int:
        """A whole number from `lowest` to `highest`; raises `ApiError` 400."""
        value = self._values.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,16}", value, re.ASCII) or not lowest <= int(value) <= highest:
            raise invalid(f"{name} is not a whole number from {lowest} to {highest}.", param=name)
        return int(value)

    def truth(self, name: str) -> bool:
        """Whether a parameter is `true`, and not `false` or missing; raises `ApiError` 400."""
        value = self._values.get(name, "false")
        if value not in ("true", "false"):
            raise invalid(f"{name} is not true or false.", param=name)
        return value == "true"

    def cursor(self, *start: int | str) -> list[int | str]:
        """Where a page begins: the parts of the cursor of the page before, or `start`, whose types they have.

        Raises `ApiError` 400.
        """
        value = self._values.get("cursor")
        if value is None:
            return list(start)
        parts = value.split("-")
        if len(parts) != len(start) or not all(map(_is_like, parts, start)):
            raise bad_cursor()
        return [int(part) if isinstance(like, int) else part for part, like in zip(parts, start, strict=True)]


def cursor_after(*parts: int | str) -> str:
    """The cursor of the page that begins after what has these."""
    return "-".join(map(str, parts))


def bad_cursor() -> ApiError:
    return invalid("cursor is not one of this edge's.", param="cursor")


def terms(q: str) -> Sequence[str]:
    """The words of a search, each once."""
    return list(dict.fromkeys(q.split()))


def _is_like(part: str, like: int | str) -> bool:
    if isinstance(like, int):
        return re.fullmatch(r"[0-9]{1,16}", part, re.ASCII) is not None and int(part) <= MAX_NUMBER
    return re.fullmatch(r"(?:[0-9a-f]{32})?", part) is not None
