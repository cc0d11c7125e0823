"""What goes wrong, as an answer: a true status and OpenAI's error object."""

import json
from collections.abc import Mapping

INVALID_REQUEST = "invalid_request_error"
AUTHENTICATION = "authentication_error"
RATE_LIMIT = "rate_limit_error"
SERVER = "server_error"


class ApiError(Exception):
    """An answer of this edge that is not a success.

    Parameters: `status`, the HTTP status; `message`, a sentence for a person; `code`, a word for a program; `type`, OpenAI's class of
    error; `param`, the field or setting at fault; `headers`, extra response headers (lower-case names) that belong to the error.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str,
        type: str = INVALID_REQUEST,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.type = type
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> str:
        """The JSON text of the answer: `{"error": {message, type, param, code}}`, as OpenAI's clients read it."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return json.dumps({"error": error}, ensure_ascii=False)


def invalid(message: str, *, param: str | None = None, code: str = "invalid_value", status: int = 400) -> ApiError:
    """The client's request is at fault."""
    return ApiError(status, message, code=code, param=param)


def upstream_failed(status: int, message: str, *, code: str) -> ApiError:
    """io.net gave nothing that could be passed on. `status` is 502 or 504 (RFC 9110, sections 15.6.3 and 15.6.5)."""
    return ApiError(status, message, code=code, type=SERVER)


def internal() -> ApiError:
    """A defect of this edge. Says nothing of its cause: that goes to the log, under the request id."""
    return ApiError(500, "The edge failed. The log has the cause under this request id.", code="internal_error", type=SERVER)
