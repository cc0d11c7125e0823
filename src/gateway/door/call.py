"""One request on its way through the edge, with what every handler needs for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.base.errors import ApiError
from gateway.base.settings import Settings

if TYPE_CHECKING:
    from js import Env, Request


@dataclass(frozen=True, slots=True)
class Call:
    """`request` and `env` are the runtime's; `headers` go with every answer of ours (CORS, request id); `log` is this request's line."""

    request: "Request"
    env: "Env"
    configured: Settings | ApiError
    headers: dict[str, str]
    log: dict[str, object]

    @property
    def settings(self) -> Settings:
        """The owner's settings; raises `ApiError` 503 when one of them is wrong."""
        if isinstance(self.configured, ApiError):
            raise self.configured
        return self.configured
