"""Cloudflare's API as far as wrangler asks for it, and the edges that are deployed to it, on this machine.

What it answers was taken from what the pinned wrangler reads. It holds Workers with their secrets, and D1 databases in SQLite.
"""

import itertools
import json
import re
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.access.bearer import bearer_identity
from gateway.base.errors import ApiError
from gateway.base.settings import parse

ACCOUNT = "0123456789abcdef0123456789abcdef"
API_TOKEN = "canary-of-cloudflare"
BOOKMARK = "00000000-0000-0000-0000-of-now"
NO_SUCH_WORKER = 10007

Handler = Callable[..., object]


class Refused(Exception):
    """An error of the API: status, code and message."""


@dataclass
class Upload:
    """One upload of a Worker: its metadata, and the names of its modules."""

    metadata: dict[str, Any]
    modules: set[str]

    def bindings(self, kind: str) -> dict[str, dict[str, Any]]:
        """The bindings of a type, by name."""
        return {binding["name"]: binding for binding in self.metadata["bindings"] if binding["type"] == kind}


@dataclass
class Worker:
    """A Worker: its uploads, its secrets, and the versions that were deployed, by their ids, the newest last."""

    uploads: list[Upload] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    deployed: list[str] = field(default_factory=list)

    def take(self, request: Request) -> None:
        """Keep what wrangler uploads."""
        upload = Upload(json.loads(request.form["metadata"]), set(request.files))
        self.uploads.append(upload)
        self.secrets |= {name: binding["text"] for name, binding in upload.bindings("secret_text").items()}

    def settings(self) -> dict[str, str]:
        """What the Worker finds in its environment, of texts."""
        return self.secrets | {name: binding["text"] for name, binding in self.uploads[-1].bindings("plain_text").items()}


class Cloudflare:
    """The API under `api`, and each Worker's edge under `address(name)`.

    `refusals` are paths of the API that are answered with an error; `edge_answers` are answers that an edge gives in place of its own.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.workers: dict[str, Worker] = {}
        self.databases: dict[str, tuple[str, sqlite3.Connection]] = {}
        self.accounts = {ACCOUNT: "Jane's account"}
        self.refusals: dict[str, tuple[int, int, str]] = {}
        self.edge_answers: dict[str, Response] = {}
        self.requests: list[tuple[str, str, bytes]] = []
        self._ids = itertools.count(1)
        server.expect_request(re.compile("/client/v4/.*")).respond_with_handler(self._api)
        server.expect_request(re.compile("/edge/.*")).respond_with_handler(self._edge)
        server.expect_request(re.compile("/dump/.*")).respond_with_data("-- a dump")

    @property
    def api(self) -> str:
        return self.server.url_for("/client/v4")

    def address(self, worker: str) -> str:
        return self.server.url_for(f"/edge/{worker}")

    def called(self, method: str, path: str) -> list[bytes]:
        """The API's calls of this method whose path matches: address, headers and body."""
        return [call for used, called, call in self.requests if used == method and re.fullmatch(path, called)]

    def calls_that_hold(self, secret: str) -> list[str]:
        """Which calls of the API have the secret in their address, headers or body."""
        return [f"{method} {path}" for method, path, call in self.requests if secret.encode() in call]

    def tables(self, database: str) -> set[str]:
        """The names of the tables in the database of this name."""
        rows = self.databases[database][1].execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}

    def _api(self, request: Request) -> Response:
        path = request.path.removeprefix("/client/v4").removeprefix(f"/accounts/{ACCOUNT}")
        body = request.get_data(parse_form_data=False, cache=True)
        self.requests.append(
            (request.method, path, b"\n".join((request.full_path.encode(), str(request.headers).encode(), body)))
        )
        try:
            if request.headers.get("authorization") != f"Bearer {API_TOKEN}":
                raise Refused(401, 10000, "Authentication error")
            if path in self.refusals:
                raise Refused(*self.refusals[path])
            result = self._result(request, path)
        except Refused as refused:
            status, code, message = refused.args
            failed = {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}
            return Response(json.dumps(failed), status, content_type="application/json")
        pages = {"page": 1, "per_page": 50, "count": 1, "total_count": 1, "total_pages": 1}
        done = {"success": True, "errors": [], "messages": [], "result": result, "result_info": pages}
        return Response(json.dumps(done), content_type="application/json")

    def _result(self, request: Request, path: str) -> object:
        routes: dict[str, Handler] = {
            "GET /user": lambda: {"id": "u", "email": "jane@example.com"},
            "GET /user/tokens/verify": lambda: {"id": "t", "status": "active"},
            "GET /accounts": lambda: [{"id": id, "name": name} for id, name in self.accounts.items()],
            "GET /memberships": lambda: [{"account": {"id": id, "name": name}} for id, name in self.accounts.items()],
            "GET /workers/subdomain": lambda: {"subdomain": "jane"},
            "GET /d1/database": self._list_databases,
            "POST /d1/database": lambda: self._create_database(json.loads(request.get_data())["name"]),
            "GET /d1/database/([^/]+)": self._database,
            "POST /d1/database/(.+)/query": lambda key: self._query(key, json.loads(request.get_data())["sql"]),
            "GET /workers/services/(.+)": self._service,
            "GET /workers/workers/(.+)": lambda name: {"name": name, "subdomain": {"enabled": True, "previews_enabled": False}},
            "GET /d1/database/(.+)/time_travel/bookmark": lambda _: {"bookmark": BOOKMARK},
            "POST /d1/database/(.+)/time_travel/restore": lambda _: {"bookmark": request.args["bookmark"]},
            "POST /d1/database/(.+)/export": self._export,
            "GET /workers/scripts/([^/]+)/secrets": self._secrets,
            "PUT /workers/scripts/([^/]+)/secrets": lambda name: self._put_secret(name, json.loads(request.get_data())),
            "GET /workers/scripts/([^/]+)/settings": lambda name: {
                "bindings": self._worker(name).uploads[-1].metadata["bindings"]
            },
            "POST /workers/scripts/([^/]+)/assets-upload-session": lambda _: {"jwt": "assets", "buckets": []},
            "PUT /workers/scripts/([^/]+)": lambda name: self._put_worker(request, name),
            "POST /workers/scripts/([^/]+)/versions": lambda name: self._upload(request, self._worker(name)),
            "GET /workers/scripts/([^/]+)/versions/(.+)": lambda _, version: {
                "id": version,
                "metadata": {"created_on": "before"},
            },
            "GET /workers/scripts/([^/]+)/deployments": self._deployments,
            "POST /workers/scripts/([^/]+)/deployments": lambda name: self._deploy(name, json.loads(request.get_data())),
            "PATCH /workers/scripts/([^/]+)/script-settings": lambda _: {},
            "POST /workers/scripts/([^/]+)/subdomain": lambda _: {"enabled": True, "previews_enabled": False},
            "PUT /workers/scripts/([^/]+)/schedules": lambda _: [],
        }
        for route, handler in routes.items():
            found = re.fullmatch(route, f"{request.method} {path}")
            if found:
                return handler(*found.groups())
        raise Refused(404, 7003, f"the fake has no {request.method} {path}")

    def _worker(self, name: str) -> Worker:
        if name not in self.workers:
            raise Refused(404, NO_SUCH_WORKER, "This Worker does not exist on your account.")
        return self.workers[name]

    def _service(self, name: str) -> object:
        self._worker(name)
        script = {"tag": "tag", "tags": [], "last_deployed_from": "wrangler"}
        return {"id": name, "default_environment": {"environment": "production", "script": script}}

    def _secrets(self, name: str) -> object:
        return [{"name": secret, "type": "secret_text"} for secret in self._worker(name).secrets]

    def _put_secret(self, name: str, secret: dict[str, str]) -> object:
        self._worker(name).secrets[secret["name"]] = secret["text"]
        return {"name": secret["name"], "type": secret["type"]}

    def _deployments(self, name: str) -> object:
        versions = enumerate(self._worker(name).deployed)
        rows = [{"created_on": f"{at:04}", "versions": [{"version_id": version, "percentage": 100}]} for at, version in versions]
        return {"deployments": rows[::-1]}

    def _deploy(self, name: str, deployment: dict[str, Any]) -> object:
        (version,) = deployment["versions"]
        self._worker(name).deployed.append(version["version_id"])
        return {"id": str(uuid.uuid4())}

    def _put_worker(self, request: Request, name: str) -> object:
        worker = self.workers.setdefault(name, Worker())
        version = self._upload(request, worker)
        worker.deployed.append(str(version["id"]))
        return version

    def _upload(self, request: Request, worker: Worker) -> dict[str, object]:
        worker.take(request)
        number = f"{next(self._ids):032x}"
        return {
            "id": str(uuid.UUID(number)),
            "deployment_id": number,
            "startup_time_ms": 1,
            "resources": {"script": {"etag": "etag"}},
        }

    def _list_databases(self) -> object:
        return [{"uuid": key, "name": name} for name, (key, _) in self.databases.items()]

    def _create_database(self, name: str) -> object:
        key = str(uuid.uuid4())
        self.databases[name] = (key, sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None))
        return {"uuid": key, "name": name}

    def _database(self, key: str) -> object:
        for name, (id, _) in self.databases.items():
            if key in (id, name):
                return {"uuid": id, "name": name}
        raise Refused(404, 7404, "The database could not be found")

    def _export(self, key: str) -> object:
        """An export that is complete at once."""
        url = self.server.url_for(f"/dump/{key}")
        return {"success": True, "status": "complete", "messages": [], "result": {"signed_url": url}}

    def _query(self, key: str, sql: str) -> object:
        (connection,) = [connection for id, connection in self.databases.values() if id == key]
        connection.row_factory = sqlite3.Row
        try:
            if sql.lstrip().upper().startswith("SELECT"):
                rows = [dict(row) for row in connection.execute(sql)]
            else:
                rows = []
                connection.executescript(f"BEGIN;{sql};COMMIT;")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.rollback()
            raise Refused(400, 7500, f"{error}: SQLITE_ERROR") from None
        return [{"results": rows, "success": True, "meta": {"duration": 1}}]

    def _edge(self, request: Request) -> Response:
        """What the Worker of this name would answer, by the settings that were uploaded."""
        _, _, name, path = request.path.split("/", 3)
        if path in self.edge_answers:
            return self.edge_answers[path]
        try:
            settings = parse(self.workers[name].settings())
            if path == "v1/chat/completions" and not settings.allow_anonymous:
                bearer_identity(request.headers.get("authorization"), settings.access_tokens, datetime.now(UTC))
        except ApiError as error:
            return edge_answer(error.body(), error.status)
        if path == "v1/chat/completions":
            return edge_answer('data: {"choices": []}\n\ndata: [DONE]\n\n', content_type="text/event-stream")
        return edge_answer(json.dumps({"token_required": not settings.allow_anonymous}))


def edge_answer(body: str, status: int = 200, content_type: str = "application/json") -> Response:
    return Response(body, status, {"x-answered-by": "edge"}, content_type=content_type)
