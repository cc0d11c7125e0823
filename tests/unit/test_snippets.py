"""All that the documents have a person type or copy is run by a test, or it is said here why it is not.

README.ja.md has the code of README.md (test_links.py); where other words stand in it, both are run.
"""

import re
from importlib.util import find_spec

from bench.__main__ import PARTS
from tests.documents import DOCUMENTS, blocks, commands
from tools.pyodide_bundle import ROOT

README = "tests/clients/test_readme.py"
PAGE = "tests/browser/test_readme.py"
DEV = "tests/commands/test_make_dev.py"
SERVE = "tests/commands/test_make_serve.py"
DEPLOY = "tests/commands/test_make_deploy.py"
TOKEN = "tests/commands/test_make_token.py"
BY_HAND = f"{DEPLOY}::test_by_hand_it_is_the_commands_of_the_documentation"

RUN = {
    "make dev": f"{DEV}::test_a_first_run_streams_from_the_demo_and_leaves_nothing_behind",
    "make dev PORT=8788 DEFAULT_MODEL=deepseek-ai/DeepSeek-R1": f"{DEV}::test_settings_on_the_line_and_in_the_environment",
    "make dev IONET_BASE_URL=http://127.0.0.1:9950/v1 IONET_API_KEY=any": f"{DEV}::test_settings_on_the_line_and_in_the_environment",
    "make deploy": f"{DEPLOY}::test_a_second_time_asks_nothing_and_makes_nothing_anew",
    "make deploy ENV=staging": f"{DEPLOY}::test_an_environment_is_another_worker_with_all_of_its_own",
    "make serve": f"{SERVE}::test_is_streamed_under_the_owners_settings",
    "make serve PORT=8788 DATA=/srv/edge": f"{SERVE}::test_history_outlives_a_restart_and_a_missed_cron_is_made_up_for",
    "make serve PROXY=127.0.0.1": f"{SERVE}::test_is_counted_by_what_the_proxy_says_whatever_the_client_writes",
    "make token LABEL=bob FILE=edge.vars": f"{TOKEN}::test_a_list_in_a_file_from_the_first_token_to_the_last",
    "make tokens FILE=edge.vars": f"{TOKEN}::test_a_list_in_a_file_from_the_first_token_to_the_last",
    "make tokens FILE=edge.vars REVOKE=bob": f"{TOKEN}::test_a_list_in_a_file_from_the_first_token_to_the_last",
    "make tokens FILE=edge.vars PRINT=entries | npx wrangler secret put ACCESS_TOKENS --config CONFIG": (
        f"{DEPLOY}::test_gets_the_list_of_tokens_that_its_owner_keeps"
    ),
    """curl -N http://127.0.0.1:8787/chat -d '{"message": "What is streaming?"}'""": f"{README}::test_curl",
    'html: <pre id="out"></pre>': f"{PAGE}::test_a_page_with_nothing_but_the_browser",
    "python: from openai import OpenAI": f"{README}::test_python",
    'js: import OpenAI from "openai";': f"{README}::test_node",
    'js: import { streamChat } from "http://127.0.0.1:8787/ionet-stream.js";': f"{PAGE}::test_a_page_with_the_edges_module",
    "npx wrangler d1 create ionet-edge --update-config=false": BY_HAND,
    "npx wrangler d1 migrations apply DB --remote": BY_HAND,
    "npx wrangler deploy --secrets-file secrets.json": BY_HAND,
    "npx wrangler rollback --config CONFIG": f"{DEPLOY}::test_is_rolled_back_to_the_version_before",
    "npx wrangler secret put IONET_API_KEY --config CONFIG": f"{DEPLOY}::test_gets_another_secret",
    "npx wrangler d1 time-travel info DB --config CONFIG": f"{DEPLOY}::test_takes_its_database_back_in_time",
    "npx wrangler d1 time-travel restore DB --config CONFIG --timestamp TIME": f"{DEPLOY}::test_takes_its_database_back_in_time",
    "npx wrangler d1 export DB --remote --config CONFIG --output backup.sql --compatibility sqlite3_cli_only": (
        f"{DEPLOY}::test_gives_a_dump_of_its_database"
    ),
    """mkdir -p backup && for file in data/d1/ionet-edge/*.sqlite; do sqlite3 "$file" ".backup 'backup/${file##*/}'"; done""": (
        f"{SERVE}::test_a_backup_is_made_while_it_runs"
    ),
}
"""A line for a shell, or the language and the first line of other code: the test that runs it."""

NOT_RUN = {
    "make test": "it is what runs this",
    "make dev UPSTREAM=llm": "it builds a model's server for five minutes",
    "make setup && .venv/bin/node node_modules/.bin/wrangler login": "it logs in with a browser and an account",
    "npx wrangler login": "it logs in with a browser and an account",
    "make bench": "it takes a quarter of an hour of an idle machine",
    'make bench ONLY="answers memory" ROUNDS=3': "it takes minutes of an idle machine",
    "PYTHONPATH=src .venv/bin/python -m bench.page": "it takes minutes of an idle machine",
    "caddy run --config deploy/Caddyfile": "the set-up does not bring Caddy",
    "nginx: location / {": "the set-up does not bring nginx",
    ":  browser, curl,          the Worker (Python in workerd)                                                io.net": "it is a drawing",
}

SOURCES = [path for path in DOCUMENTS if path.name != "README.ja.md"]
LINES = [line for path in SOURCES for line in commands(path)]
OTHER = [f"{language}: {code.splitlines()[0]}" for path in SOURCES for language, code in blocks(path) if language != "sh"]
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)


def test_all_code_of_the_documents_is_run_or_it_is_said_why_not() -> None:
    assert len(OTHER) == len({*OTHER})
    assert {*LINES, *OTHER} == RUN.keys() | NOT_RUN.keys()
    assert not RUN.keys() & NOT_RUN.keys()


def test_the_tests_that_run_it_are_there() -> None:
    for test in RUN.values():
        path, name = test.split("::")
        assert re.search(rf"^ *def {name}\(", (ROOT / path).read_text(), re.MULTILINE), test


def test_every_make_in_code_or_text_is_the_makefiles() -> None:
    named = {*re.findall(r"`(?:\w+=\S+ )?make ([a-z]+)", TEXT), *re.findall(r"^make ([a-z]+)", "\n".join(LINES), re.MULTILINE)}
    assert {"dev", "test", "picture"} <= named <= {*re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}


def test_the_parts_of_the_comparison_that_are_named_are_there() -> None:
    (only,) = re.findall(r'make bench ONLY="([a-z ]+)"', "\n".join(LINES))
    assert {*only.split()} <= PARTS.keys()


def test_every_module_and_path_that_is_to_be_run_is_there() -> None:
    modules = {*re.findall(r"python -m ([\w.]+)", TEXT)}
    assert "bench.page" in modules
    assert [module for module in modules if not find_spec(module)] == []
    paths = {
        "".join(found) for found in re.findall(r"\.venv/bin/pytest ([\w/]+)|--config (deploy/\w+)|(node_modules/\.bin/\w+)", TEXT)
    }
    assert {"tests/unit", "deploy/Caddyfile", "node_modules/.bin/wrangler"} <= paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
