"""One request on its way through the edge, with what every handler needs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.base.errors import ApiError
from gateway.base.settings import Settings
from gateway.door.answers import text

if TYPE_CHECKING:
    from js import Env, Request


@dataclass(frozen=True, slots=True)
class Call:
    """`request` and `env` are the runtime's; `headers` go with every answer of ours (CORS, request id); `log` is this request's line.

    `get_header` is the `get` of the request's headers, kept, for to find it anew costs more than to call it.
    """

    request: "Request"
    get_header: Callable[[str], object]
    env: "Env"
    configured: Settings | ApiError
    headers: dict[str, str]
    log: dict[str, object]

    def header(self, name: str) -> str | None:
        """A header of the request, or None."""
        return text(self.get_header(name))

    @property
    def settings(self) -> Settings:
        """The owner's settings; raises `ApiError` 503 when one of them is wrong."""
        if isinstance(self.configured, ApiError):
            raise self.configured
        return self.configured
