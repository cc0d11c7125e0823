"""What wrangler.toml says, as a configuration of a plain workerd: the Worker, and a stand-in for each thing that Cloudflare has around it.

D1, static files and cron triggers are workerd's own; the head of `/workerd/d1.js` and `/workerd/cron.js`, which lie in its binary, and
its `workerd.capnp` say what they want. The address of the client, the rate limit and the cache are small modules beside this one.
"""

import json
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from tools import workerd
from tools.pyodide_bundle import BUNDLE, ROOT
from tools.pyodide_snapshot import NOT_OF_THE_WORKER
from tools.workerd import quoted

HERE = Path(__file__).parent

CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [{services}],
  sockets = [(name = "main", {address}http = (), service = {service})],
  extensions = [(modules = [(name = "ionet-edge:limiter", internal = true, esModule = embed {limiter})])],
);
"""

# The owner's upstream may stand in their own network. The Worker asks no address that a request could choose.
NETWORK = '(name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))'

OBJECTS = "ionet-edge"
"""By this name workerd finds what it has kept: another one would begin with nothing."""

DISKS = ("d1", "cron")
"""The folders in that of what is kept, which have to be there."""

D1 = '(name = "d1", props = (json = "{\\"database\\": \\"' + OBJECTS + '\\"}"))'


def edge(directory: Path, data: Path, address: str, values: Mapping[str, str], proxies: Sequence[str]) -> str:
    """The configuration of the whole edge.

    Parameters: `directory`, where the file will lie; `data`, the folder of what is kept; `address`, where it listens, as `127.0.0.1:8787`;
    `values`, the Worker's settings, secrets too; `proxies`, the IP addresses that are believed what they say of their clients.
    """
    toml = workerd.wrangler_toml()
    flags = [NOT_OF_THE_WORKER] if BUNDLE.exists() else []
    bindings = [_assets_binding(toml["assets"])]
    bindings += [*map(_limiter, toml.get("ratelimits", ())), *map(_database, toml.get("d1_databases", ()))]
    main = workerd.python_worker(directory, values, *flags, others=bindings, cache="cache")
    front = [
        '(name = "EDGE", service = "assets")',
        f'(name = "PROXY", json = {quoted(json.dumps(proxies))})',
    ]
    services = [
        NETWORK,
        worker_service("main", main),
        worker_service("cache", workerd.javascript_worker(directory, HERE / "cache.js", {})),
        worker_service("front", workerd.javascript_worker(directory, HERE / "front.js", {}, front)),
        assets_service(ROOT / toml["assets"]["directory"], toml["assets"]),
        *_database_services(data),
        *_cron_services(data, toml.get("triggers", {}).get("crons", [])),
    ]
    return config(directory, services, '"front"', f"address = {quoted(address)}, ")


def database(directory: Path, data: Path) -> str:
    """The configuration of the database alone, as D1's HTTP interface at a socket that workerd is handed."""
    return config(directory, [NETWORK, *_database_services(data)], D1)


def config(directory: Path, services: Sequence[str], service: str, address: str = "") -> str:
    """A configuration: `services` by themselves, of which `service` is had at the one socket; `address` is that member of the socket."""
    limiter = quoted(relpath(HERE / "limiter.js", directory))
    return CONFIG.format(services=", ".join(services), address=address, service=service, limiter=limiter)


def worker_service(name: str, worker: str) -> str:
    """A Worker as a service; `worker` is a value of `Workerd.Worker`."""
    return f"(name = {quoted(name)}, worker = {worker})"


def assets_service(directory: Path, wanted: Mapping[str, Any]) -> str:
    """The static files before the Worker, served as wrangler.toml and `_headers` say, and none whose name begins with a dot."""
    options = {
        "run_worker_first": wanted["run_worker_first"],
        "headers": (directory / "_headers").read_text(),
        "ignore": "/_headers\n.*\n",
    }
    return (
        f'(name = "assets", assets = (path = {quoted(str(directory))}, config = {quoted(json.dumps(options))}, '
        'userWorker = "main"))'
    )


def _assets_binding(wanted: Mapping[str, Any]) -> str:
    return f'(name = {quoted(wanted["binding"])}, service = (name = "assets", entrypoint = "AssetWorker"))'


def _limiter(wanted: Mapping[str, Any]) -> str:
    simple = ", ".join(f'(name = "{name}", json = "{number}")' for name, number in wanted["simple"].items())
    return f'(name = {quoted(wanted["name"])}, wrapped = (moduleName = "ionet-edge:limiter", innerBindings = [{simple}]))'


def _database(wanted: Mapping[str, Any]) -> str:
    inner = f'(name = "fetcher", service = {D1})'
    return (
        f'(name = {quoted(wanted["binding"])}, wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [{inner}]))'
    )


def _database_services(data: Path) -> list[str]:
    return _objects(data, "d1", "D1Database", '(name = "DATABASE", durableObjectNamespace = "D1Database")')


def _cron_services(data: Path, crons: Sequence[str]) -> list[str]:
    """The clock: an occurrence that was missed while nothing ran is made up for at the next start."""
    return _objects(
        data,
        "cron",
        "Schedule",
        '(name = "SCHEDULE", durableObjectNamespace = "Schedule")',
        '(name = "main", service = "main")',
        f'(name = "CRONS", json = {quoted(json.dumps({"main": crons}))})',
    )


def _objects(data: Path, name: str, class_name: str, *bindings: str) -> list[str]:
    """One of workerd's own Workers, whose objects are kept in a folder of their own."""
    members = ", ".join(
        [
            f'modules = [(name = "{name}.js", bundled = "/workerd/{name}.js")]',
            f'durableObjectNamespaces = [(className = "{class_name}", uniqueKey = "{OBJECTS}", enableSql = true)]',
            f'durableObjectStorage = (localDisk = "{name}-files")',
            'compatibilityFlags = ["service_binding_extra_handlers"]',
            workerd.bindings({}, bindings),
        ]
    )
    return [
        f'(name = "{name}-files", disk = (path = {quoted(str(data / name))}, writable = true))',
        worker_service(name, f"({members})"),
    ]
