"""The Worker's secrets: which it needs, which it has, and the rest from the environment or the person at the terminal."""

import getpass
import os
import sys
from collections.abc import Mapping, Set
from typing import Any

from gateway.base.errors import ApiError
from gateway.base.settings import READERS, parse
from gateway.base.tokens import digest
from tools.advice import names_on_the_line, unknown, unknown_to
from tools.deploy.problem import CannotDeploy
from tools.token import new_token

OWN = ("ENV", "LABEL", "ADDRESS", "SMOKE_TOKEN", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID")
SECRETS = ("IONET_API_KEY", "ACCESS_TOKENS")
CHOICES = ("ACCESS_TOKENS", "ACCESS_TEAM_DOMAIN", "ALLOW_ANONYMOUS")
"""The settings of which one says who is served."""

# What stands for a stored secret, which nobody can read, when the settings are checked together.
STAND_INS = {"IONET_API_KEY": "stored", "ACCESS_TOKENS": f"stored:{digest('stored')}"}


def given() -> dict[str, str]:
    """The secrets that the environment has."""
    return {name: os.environ[name].strip() for name in SECRETS if os.environ.get(name, "").strip()}


def refuse_shown(variables: Mapping[str, Any]) -> None:
    """Raise `CannotDeploy` where a secret stands among the variables, which whoever reads the repository can read."""
    for name in SECRETS:
        if name in variables:
            raise CannotDeploy(f"{name} stands under [vars] in wrangler.toml, where it is no secret. Take it out there")


def without_effect(variables: Mapping[str, Any]) -> list[str]:
    """What to say of names that mean nothing, in the `[vars]` or to this command: a setting on make's line is one of them."""
    on_the_line = [name for name in names_on_the_line() if name in READERS and name not in SECRETS]
    return [
        *unknown(variables, READERS, "in wrangler.toml"),
        *unknown_to({*READERS, *SECRETS, *OWN}),
        *(f"{name} (on the line) changes nothing here: put it under [vars] in wrangler.toml" for name in on_the_line),
    ]


def lets_everybody_in(variables: Mapping[str, Any]) -> bool:
    """Whether the variables say that a chat needs no token."""
    return str(variables.get("ALLOW_ANONYMOUS")).lower() == "true"


def missing_key(stored: Set[str], values: Mapping[str, str]) -> dict[str, str]:
    """The io.net key, asked for without an echo where neither the Worker nor the environment has it.

    Parameters: `stored`, the names of the Worker's secrets; `values`, the secrets given now.
    Raises `CannotDeploy` where there is nobody to ask.
    """
    if "IONET_API_KEY" in stored or "IONET_API_KEY" in values:
        return {}
    if not sys.stdin.isatty():
        raise CannotDeploy("the Worker has no IONET_API_KEY yet, and nobody is there to be asked. Set it in the environment")
    key = getpass.getpass("Your io.net key (not shown): ").strip()
    if not key:
        raise CannotDeploy("without an io.net key there is nothing to deploy")
    return {"IONET_API_KEY": key}


def new_access_token(variables: Mapping[str, Any], stored: Set[str], values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """A new access token of an owner's and the secret that knows it, or nothing where it is said already who is served.

    Parameters: `variables`, the `[vars]` of the configuration; the others as for `missing_key`.
    Raises `CannotDeploy` where there is nobody to show a token to.
    """
    said = stored | set(values) | {name for name in variables if name != "ALLOW_ANONYMOUS"}
    if said & set(CHOICES) or lets_everybody_in(variables):
        return "", {}
    if not sys.stdin.isatty():
        raise CannotDeploy(
            "it is not said who may use the Worker. Set ACCESS_TOKENS in the environment to entries of make token, "
            "or choose Cloudflare Access or ALLOW_ANONYMOUS under [vars] in wrangler.toml"
        )
    token = new_token()
    return token, {"ACCESS_TOKENS": f"{os.environ.get('LABEL') or 'owner'}:{digest(token)}:::owner"}


def check(variables: Mapping[str, Any], stored: Set[str], values: Mapping[str, str]) -> None:
    """Raise `CannotDeploy` with what the deployed edge would say of its settings, were any of them wrong.

    Other settings that are stored as secrets cannot be read, so with such the edge itself has the say, in the smoke test.
    """
    if stored - set(SECRETS):
        return
    known = dict(variables) | {name: STAND_INS[name] for name in stored} | dict(values)
    try:
        parse({name: str(value).lower() if isinstance(value, bool) else value for name, value in known.items()})
    except ApiError as problem:
        raise CannotDeploy(str(problem)) from None
