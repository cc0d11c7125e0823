"""The upstream's own log: every call with what was received, and how its connection ended."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

State = Literal["open", "finished", "closed-by-client", "closed-by-upstream"]


@dataclass(eq=False)
class Call:
    """One call as the upstream received it. `state` tells how it ended; `status` is the answer's, None while there is none."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)
    sock: socket.socket = field(repr=False)
    status: int | None = None
    state: State = "open"

    def header(self, name: str) -> str | None:
        """The first value of the header `name`, in whatever case it came, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class CallLog:
    """The calls in the order of their coming. Safe to use from any thread."""

    def __init__(self, on_end: Callable[[Call], None] | None = None) -> None:
        """`on_end` is called with each call that ends, in the thread that served it."""
        self._calls: list[Call] = []
        self._changed = threading.Condition()
        self._on_end = on_end

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        with self._changed:
            return iter(self._calls.copy())

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def add(self, call: Call) -> None:
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()

    def end(self, call: Call, state: State) -> None:
        """Note how `call` ended. What is noted first stays."""
        with self._changed:
            if call.state != "open":
                return
            call.state = state
            self._changed.notify_all()
        if self._on_end:
            self._on_end(call)

    def clear(self) -> None:
        """Forget all calls, so that the next one is the first."""
        with self._changed:
            self._calls.clear()

    def hang_up(self) -> None:
        """Close the connection of every call that is still open."""
        for call in self:
            if call.state == "open":
                self.end(call, "closed-by-upstream")
                with suppress(OSError):  # the connection may have closed by itself just now
                    call.sock.shutdown(socket.SHUT_RDWR)

    def wait_for(self, predicate: Callable[[list[Call]], bool], timeout: float = 10.0) -> list[Call]:
        """Wait until `predicate` holds for the calls so far.

        Parameters: `predicate`, asked again after every change of the log; `timeout` in seconds.
        Returns the calls. Raises `TimeoutError`, showing the calls, when it does not hold in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: predicate(self._calls.copy()), timeout):
                raise TimeoutError(f"not so within {timeout} s: {self._calls}")
            return self._calls.copy()
