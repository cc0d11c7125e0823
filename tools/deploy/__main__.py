"""`make deploy`: make what is missing, migrate, deploy, look at it.

ENV=staging deploys another Worker beside the main one; LABEL=alice names the first access token; ADDRESS=https://… is where the edge is
looked at, where wrangler cannot tell. IONET_API_KEY, ACCESS_TOKENS and SMOKE_TOKEN are taken from the environment.
"""

import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.advice import expired, warn
from tools.deploy import account, plan, settings, smoke
from tools.deploy.problem import CannotDeploy
from tools.pyodide_bundle import ROOT
from tools.workerd import wrangler_toml


def main() -> None:
    """Deploy. Raises `CannotDeploy`."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that the file of secrets goes
    environment = os.environ.get("ENV", "")
    if environment and not plan.ENVIRONMENT.fullmatch(environment):
        raise CannotDeploy("ENV is a short name of small letters, digits and hyphens, such as staging")
    config = plan.configuration(wrangler_toml(), environment)
    # Beside wrangler.toml: there wrangler looks for python_modules/, and all paths are the same.
    path = ROOT / f"wrangler.{config['name']}.json"
    variables = config.get("vars", {})
    settings.refuse_shown(variables)
    warn("make deploy", settings.without_effect(variables))
    config["account_id"] = account.account_id(config)
    _write(path, config)

    stored = account.secret_names(path)
    secrets = settings.given()
    secrets |= settings.missing_key(stored, secrets)
    token, entry = settings.new_access_token(variables, stored, secrets)
    secrets |= entry
    warn("make deploy", expired(secrets.get("ACCESS_TOKENS", "")))
    settings.check(variables, stored, secrets)

    for database in config.get("d1_databases", ()):
        database.setdefault("database_id", _database(path, database["database_name"]))
    _write(path, config)
    for database in config.get("d1_databases", ()):
        account.migrate(path, database["binding"])
    try:
        with tempfile.TemporaryDirectory() as work:
            targets = account.deploy(path, secrets, Path(work))
        may_be_open = "ALLOW_ANONYMOUS" in stored or settings.lets_everybody_in(variables)
        _look(targets, token or os.environ.get("SMOKE_TOKEN", ""), may_be_open=may_be_open)
    finally:
        if token:
            print(f"\nAccess token, for {entry['ACCESS_TOKENS'].split(':')[0]} alone, shown once:\n\n  {token}")
            print(
                f"\nIts entry, for the list that you keep (edge.vars in docs/operating.md):\n\n  ACCESS_TOKENS={entry['ACCESS_TOKENS']}"
            )
    print(f"\nNext: docs/operating.md. By hand: npx wrangler … --config {path.name}")


def _write(path: Path, config: dict[str, Any]) -> None:
    path.write_text(json.dumps(config, indent=2) + "\n")


def _database(config: Path, name: str) -> str:
    """The id of the database, which is made where there is none."""
    found = account.database_id(config, name)
    if found is None:
        account.create_database(config, name)
        print(f"Database {name}: made")
        found = account.database_id(config, name)
    if found is None:
        raise CannotDeploy(f"the database {name} was made, but is not in the account's list yet. Run make deploy again")
    return found


def _look(targets: list[str], token: str, *, may_be_open: bool) -> None:
    address = os.environ.get("ADDRESS", "").rstrip("/") or _address(targets)
    if not address:
        print("\nDeployed, and not looked at: wrangler tells no address to ask. Give it: ADDRESS=https://…")
        return
    print(f"\nDeployed: {address}", flush=True)
    for sentence in smoke.look(address, token, may_be_open=may_be_open):
        print(f"  {sentence}")


def _address(targets: list[str]) -> str:
    """The first address that can be asked: one of workers.dev, or a custom domain. A route is a pattern, and no address."""
    for target in targets:
        if target.startswith("https://"):
            return target
    domains = (re.match(r"([a-z0-9.-]+) \(custom domain", target) for target in targets)
    return next((f"https://{domain[1]}" for domain in domains if domain), "")


if __name__ == "__main__":
    try:
        main()
    except CannotDeploy as problem:
        sys.exit(f"make deploy: {problem}")
    except KeyboardInterrupt:
        sys.exit("make deploy: interrupted. Run it again: it goes on where it was")
