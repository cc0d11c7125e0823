"""What runs in a repository's actions, and behind the button "Deploy to Cloudflare", is there, and gets no more than it needs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # brings no types

from gateway.base.settings import READERS
from tools.deploy.settings import SECRETS
from tools.pyodide_bundle import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
PACKAGE = json.loads((ROOT / "package.json").read_text())


def read(path: Path) -> dict[Any, Any]:
    """A workflow; its `on` has the key True, for YAML 1.1 takes that word for one."""
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text())
    return workflow


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", ())]


def test_there_are_two() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "test"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
class TestEach:
    def test_its_commands_are_the_makefiles(self, path: Path) -> None:
        commands = [step["run"] for step in steps(path) if "run" in step]
        asked = [command.removeprefix("make ") for command in commands if command.startswith("make ")]
        assert asked
        assert set(asked) <= set(TARGETS)
        assert all(command.startswith(("make ", "sudo apt-get ")) for command in commands)

    def test_it_may_read_the_repository_and_no_more(self, path: Path) -> None:
        assert read(path)["permissions"] == {"contents": "read"}
        assert all("permissions" not in job for job in read(path)["jobs"].values())

    def test_its_actions_are_pinned_by_their_commit(self, path: Path) -> None:
        used = re.findall(r"uses: (.+)", path.read_text())
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+|\./\.github/workflows/test\.yml", use) for use in used)
        checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"] for step in checkouts] == [{"persist-credentials": False}]


def test_every_push_and_pull_request_is_tested() -> None:
    assert set(read(ROOT / ".github/workflows/test.yml")[True]) == {"push", "pull_request", "workflow_call"}
    assert "secrets." not in (ROOT / ".github/workflows/test.yml").read_text()


def test_only_a_tag_is_deployed_once_it_is_tested_and_only_that_step_has_secrets() -> None:
    path = ROOT / ".github/workflows/deploy.yml"
    workflow = read(path)
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    assert workflow["jobs"]["deploy"]["needs"] == "test"
    assert workflow["jobs"]["deploy"]["environment"] == "production"
    (deploying,) = [step for step in steps(path) if "env" in step]
    assert deploying["run"] == "make deploy"
    assert deploying["env"] == {name: f"${{{{ secrets.{name} }}}}" for name in deploying["env"]}
    assert {*SECRETS, "SMOKE_TOKEN"} <= set(deploying["env"])
    assert path.read_text().count("${{ secrets.") == len(deploying["env"])


def test_the_button_asks_for_the_secrets_and_suggests_none() -> None:
    example = (ROOT / ".dev.vars.example").read_text()
    assert re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE) == [(name, "") for name in SECRETS]
    assert set(PACKAGE["cloudflare"]["bindings"]) == set(SECRETS) <= set(READERS)


def test_the_button_builds_what_is_not_committed_and_makes_the_tables_first() -> None:
    build, deploy = PACKAGE["scripts"]["build"], PACKAGE["scripts"]["deploy"]
    assert build.removeprefix("make ") in TARGETS
    assert deploy.index("d1 migrations apply DB --remote") < deploy.index("wrangler deploy")
