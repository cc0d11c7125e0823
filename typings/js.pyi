# What this project uses of a Worker's JavaScript globals, as Pyodide shows them to Python.
from typing import Any

class Headers:
    @staticmethod
    def new(init: object) -> Headers: ...
    def get(self, name: str) -> object: ...
    def set(self, name: str, value: str) -> None: ...

class ArrayBuffer:
    isView: object
    byteLength: int
    def to_bytes(self) -> bytes: ...

class ReadResult:
    done: bool
    value: ArrayBuffer

class ReadableStreamReader:
    closed: object
    async def read(self) -> ReadResult: ...
    async def cancel(self) -> None: ...

class WritableStream:
    @staticmethod
    def new(sink: Any) -> WritableStream: ...
    def getWriter(self) -> Any: ...
    async def close(self) -> None: ...

class ReadableStream:
    def tee(self) -> tuple[ReadableStream, ReadableStream]: ...
    async def pipeTo(self, writable: WritableStream, options: object = ...) -> None: ...
    def getReader(self) -> ReadableStreamReader: ...
    async def cancel(self) -> None: ...

class Signal:
    def addEventListener(self, event: str, listener: object) -> None: ...

class Request:
    signal: Signal
    method: str
    url: str
    headers: Headers
    body: ReadableStream | None
    async def arrayBuffer(self) -> ArrayBuffer: ...

class Response:
    status: int
    ok: bool
    headers: Headers
    body: ReadableStream | None
    async def text(self) -> str: ...
    @staticmethod
    def new(body: object, init: object = ...) -> Response: ...

class AbortSignal:
    aborted: bool
    def addEventListener(self, event: str, listener: object) -> None: ...
    @staticmethod
    def timeout(milliseconds: int) -> AbortSignal: ...
    @staticmethod
    def any(signals: object) -> AbortSignal: ...

class AbortController:
    prototype: AbortController
    signal: AbortSignal
    abort: Any
    @staticmethod
    def new() -> AbortController: ...

class IdentityTransformStream:
    readable: ReadableStream
    writable: WritableStream
    @staticmethod
    def new() -> IdentityTransformStream: ...

class TransformStream:
    readable: ReadableStream
    writable: WritableStream
    @staticmethod
    def new(transformer: object, strategy: object = ...) -> TransformStream: ...

class DigestStream(WritableStream):
    bytesWritten: int
    digest: object
    @staticmethod
    def new(algorithm: str) -> DigestStream: ...

class Promise:
    prototype: Promise
    resolve: Any
    reject: Any
    @staticmethod
    async def race(promises: object) -> object: ...
    @staticmethod
    async def allSettled(promises: object) -> object: ...

class Function:
    prototype: Any

class Proxy:
    @staticmethod
    def new(target: object, handler: object) -> Any: ...

class Reflect:
    apply: Any
    @staticmethod
    def get(target: object, name: str) -> Any: ...

def setTimeout(callback: object, milliseconds: int) -> object: ...
def clearTimeout(timer: object) -> None: ...

class Blob:
    size: int
    @staticmethod
    def new(parts: object) -> Blob: ...
    async def arrayBuffer(self) -> ArrayBuffer: ...

class Array:
    prototype: object
    @staticmethod
    def new() -> Any: ...
    @staticmethod
    def from_(iterable: object) -> Any: ...

class Object:
    @staticmethod
    def fromEntries(entries: object) -> Any: ...

class Console:
    def log(self, line: str) -> None: ...

console: Console

def gc() -> None: ...  # with V8's flag --expose-gc

class Date:
    @staticmethod
    def now() -> int: ...

class Math:
    @staticmethod
    def random() -> float: ...

class Scheduler:
    async def wait(self, milliseconds: int) -> None: ...

scheduler: Scheduler

class SubtleCrypto:
    async def importKey(self, format: str, key: object, algorithm: object, extractable: bool, usages: object) -> object: ...
    async def verify(self, algorithm: str, key: object, signature: object, data: object) -> bool: ...

class Crypto:
    subtle: SubtleCrypto
    DigestStream: type[DigestStream]
    def randomUUID(self) -> str: ...

crypto: Crypto

async def fetch(url: str, options: object) -> Response: ...

class Fetcher:
    async def fetch(self, request: Request) -> Response: ...

class Env:
    ASSETS: Fetcher
    DB: Any
    RATE_LIMITER: Any
    HISTORY_RATE_LIMITER: Any

class Cache:
    async def match(self, key: str) -> Response | None: ...
    async def put(self, key: str, answer: Response) -> None: ...

class CacheStorage:
    default: Cache

caches: CacheStorage

class JSON:
    @staticmethod
    def stringify(value: object) -> str: ...
