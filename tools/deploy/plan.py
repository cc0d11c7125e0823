"""What wrangler.toml becomes for one deployment."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

ENVIRONMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?")
LARGEST_NAMESPACE = 2**31 - 1


def configuration(toml: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """wrangler.toml as this deployment has it.

    Parameters: `toml`, the parsed file; `environment`, such as `staging`, or empty for the Worker that the file names.
    An environment has a Worker and a database of its own, whose names end in its name, and none of the main one's addresses or database
    ids. What `[env.<environment>]` says stands in place of what the file says otherwise, key by key. Returns wrangler's configuration.
    """
    config = {name: value for name, value in toml.items() if name != "env"}
    if environment:
        config = {name: value for name, value in config.items() if name not in ("route", "routes")}
        config |= {"name": f"{toml['name']}-{environment}", "workers_dev": True}
        config["d1_databases"] = [_own_database(database, environment) for database in toml.get("d1_databases", ())]
        config |= toml.get("env", {}).get(environment, {})
    limiters = config.get("ratelimits", ())
    config["ratelimits"] = [
        limiter | {"namespace_id": namespace(config["name"], limiter["namespace_id"])} for limiter in limiters
    ]
    return config


def namespace(worker: str, number: str) -> str:
    """The `namespace_id` of a rate limit for the Worker of this name, from the `number` that wrangler.toml has.

    Workers of an account that name the same number share its counters (Workers docs, Rate Limiting), so no two should.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{worker}/{number}".encode()).digest()[:8])
    return str(drawn % LARGEST_NAMESPACE + 1)


def _own_database(database: Mapping[str, Any], environment: str) -> dict[str, Any]:
    others = {name: value for name, value in database.items() if name not in ("database_id", "preview_database_id")}
    return others | {"database_name": f"{database['database_name']}-{environment}"}
