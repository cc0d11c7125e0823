"""The Cloudflare account, as the pinned wrangler sees it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from tools import wrangler
from tools.deploy.problem import CannotDeploy
from tools.deploy.settings import SECRETS
from tools.pyodide_bundle import ROOT

# CLOUDFLARE_ENV would have wrangler look for an environment in a configuration that is of one already.
KEPT_FROM_WRANGLER = (*SECRETS, "SMOKE_TOKEN", "CLOUDFLARE_ENV")


def account_id(config: Mapping[str, Any]) -> str:
    """The account to deploy to: that of wrangler.toml, of CLOUDFLARE_ACCOUNT_ID, or the only one that the log-in has.

    Raises `CannotDeploy` where nobody is logged in, or there are several and none is named.
    """
    answer = _run("whoami", "--json")
    try:
        who: dict[str, Any] = json.loads(answer.stdout)
    except ValueError:
        raise _failed(
            "whoami", answer, "Cloudflare did not take the log-in (CLOUDFLARE_API_TOKEN, or npx wrangler login)"
        ) from None
    if not who.get("loggedIn"):
        raise CannotDeploy("not logged in at Cloudflare. Run npx wrangler login, or set CLOUDFLARE_API_TOKEN")
    named = config.get("account_id") or os.environ.get("CLOUDFLARE_ACCOUNT_ID")
    accounts = {account["id"]: account["name"] for account in who["accounts"]}
    if named or len(accounts) == 1:
        return str(named or next(iter(accounts)))
    listed = ", ".join(f"{key} ({name})" for key, name in accounts.items()) or "none"
    raise CannotDeploy(f"which account? Set CLOUDFLARE_ACCOUNT_ID to one of those that the log-in has: {listed}")


def secret_names(config: Path) -> set[str]:
    """The names of the secrets that the Worker has; none where there is no such Worker yet. Raises `CannotDeploy`."""
    answer = _run("secret", "list", config=config)
    if answer.returncode and re.search(r'Worker "[^"]+" not found', answer.stderr + answer.stdout):
        return set()
    if answer.returncode:
        raise _failed("secret list", answer)
    return {secret["name"] for secret in json.loads(answer.stdout)}


def database_id(config: Path, name: str) -> str | None:
    """The id of the D1 database of this name, or None where there is none. Raises `CannotDeploy`."""
    answer = _run("d1", "list", "--json", config=config)
    if answer.returncode:
        raise _failed("d1 list", answer)
    return next((database["uuid"] for database in json.loads(answer.stdout) if database["name"] == name), None)


def create_database(config: Path, name: str) -> None:
    """Make an empty D1 database. Raises `CannotDeploy`."""
    answer = _run("d1", "create", name, "--update-config=false", config=config)
    if answer.returncode:
        raise _failed("d1 create", answer)


def migrate(config: Path, binding: str) -> None:
    """Apply to the database what of migrations/ it has not had yet. Raises `CannotDeploy`; nothing is deployed then."""
    if _show("d1", "migrations", "apply", binding, "--remote", config=config):
        raise CannotDeploy("a migration failed, as told above, so nothing was deployed. D1 undoes one that fails")


def deploy(config: Path, secrets: Mapping[str, str], work: Path) -> list[str]:
    """Upload the Worker together with these secrets, in one call: no version is ever there without them.

    Parameters: `config`, wrangler's configuration; `work`, an existing directory that goes away afterwards.
    Returns where it is served, as wrangler tells it. Raises `CannotDeploy`.
    """
    arguments = ["deploy"]
    if secrets:
        # JSON, because wrangler expands $NAME in the other form.
        file = work / "secrets.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(secrets))
        arguments += ["--secrets-file", str(file)]
    report = work / "report"
    if _show(*arguments, config=config, WRANGLER_OUTPUT_FILE_PATH=str(report)):
        raise CannotDeploy("wrangler deploy failed, as told above")
    entries = [json.loads(line) for line in report.read_text().splitlines()]
    return [target for entry in entries if entry["type"] == "deploy" for target in entry["targets"]]


def _run(*arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = _command(arguments, config)
    return subprocess.run(
        command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _show(*arguments: str, config: Path, **variables: str) -> int:
    """Run wrangler with its output shown, and give its exit code. Without a terminal to read from it asks nothing."""
    print(f"\n> wrangler {' '.join(takewhile(lambda argument: argument[:2] != '--', arguments))}", flush=True)
    command = _command(arguments, config)
    return subprocess.run(command, cwd=ROOT, env=_environment() | variables, stdin=subprocess.DEVNULL, check=False).returncode


def _command(arguments: tuple[str, ...], config: Path | None) -> list[str]:
    return wrangler.command(*arguments, *(["--config", str(config)] if config else []))


def _environment() -> dict[str, str]:
    """This user's, with their log-in, for wrangler and the build that it starts, which need none of the Worker's secrets."""
    variables = {name: value for name, value in os.environ.items() if name not in KEPT_FROM_WRANGLER}
    variables["PATH"] = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
    # wrangler is one file of 15 MB: kept as compiled, it starts in half the time, and here it starts up to seven times.
    return variables | {"NODE_COMPILE_CACHE": str(ROOT / ".build" / "node"), "WRANGLER_SEND_METRICS": "false"}


def _failed(what: str, answer: subprocess.CompletedProcess[str], why: str = "") -> CannotDeploy:
    print(answer.stdout + answer.stderr, file=sys.stderr)
    return CannotDeploy(why or f"wrangler {what} failed, as told above")
