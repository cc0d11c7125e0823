"""A pytest-httpserver that writes down every call and is quiet about broken connections."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler

from tools.upstream.calls import Call, CallLog, State
from tools.upstream.connection import ClientGone, connection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADERS = "upstream.headers"
SHUTDOWN_POLL_SECONDS = 0.05


class Handler(WSGIRequestHandler):
    """Keeps the headers as they were received, which WSGI renames and joins; writes no access log."""

    protocol_version = "HTTP/1.1"  # streams have no length, so they need its chunks

    def make_environ(self) -> "WSGIEnvironment":
        return super().make_environ() | {HEADERS: list(self.headers.items())}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class RecordingServer(HTTPServer):
    """A threaded `HTTPServer` on 127.0.0.1 whose calls are all in `calls`, those of handlers that a test adds as well."""

    def __init__(self, port: int, calls: CallLog) -> None:
        super().__init__("127.0.0.1", port, threaded=True)
        self.calls = calls

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.RequestHandlerClass = Handler
        self.server.serve_forever(poll_interval=SHUTDOWN_POLL_SECONDS)

    def dispatch(self, request: Request) -> Response:
        call = Call(
            method=request.method,
            path=request.environ["REQUEST_URI"],
            headers=request.environ[HEADERS],
            body=request.get_data(),
            sock=connection(request),
        )
        self.calls.add(call)
        response = super().dispatch(request)
        call.status = response.status_code
        if not response.is_streamed:
            response.content_length = len(response.get_data())
        response.response = self._until_end(call, response.iter_encoded(), response.response)
        return response

    def _until_end(self, call: Call, chunks: Iterator[bytes], body: Iterable[bytes] | Iterable[str]) -> Iterator[bytes]:
        """Pass on `chunks`, and note how that ended. A write that fails shows as this generator being closed at its `yield`."""
        state: State = "closed-by-upstream"
        try:
            yield from chunks
            state = "finished"
        except (ClientGone, GeneratorExit):
            state = "closed-by-client"
            raise
        finally:
            self.calls.end(call, state)
            if close := getattr(body, "close", None):
                close()

    def respond_nohandler(self, request: Request, extra_message: str = "") -> Response:
        return Response('{"detail":"Not Found"}', HTTPStatus.NOT_FOUND, mimetype="application/json")
