"""What a command says before it begins: of names that mean nothing, and of tokens that have expired."""

from datetime import UTC, datetime

import pytest

from gateway.base.settings import READERS
from gateway.base.tokens import digest
from tools import advice
from tools.deploy import settings

KNOWN = {*READERS, "PORT", "UPSTREAM", "LOG"}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("MAX_MESAGES", "MAX_MESSAGES"),
            ("IONET_APIKEY", "IONET_API_KEY"),
            ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"),
            ("PROT", "PORT"),
            ("UPSTREM", "UPSTREAM"),
            ("max_messages", "MAX_MESSAGES"),
            ("Log", "LOG"),
        ],
    )
    def test_one_that_is_close_to_a_setting(self, name: str, meant: str) -> None:
        assert advice.unknown([name], KNOWN, "on the line") == [f"{name} (on the line) is no setting; did you mean {meant}?"]

    def test_one_that_is_close_to_none(self) -> None:
        assert advice.unknown(["TEMPERATURE"], KNOWN, "in .dev.vars") == ["TEMPERATURE (in .dev.vars) is no setting"]

    @pytest.mark.parametrize("secret", ["io-v2-eyJhbGciOi.eyJvd25lciI", "ionet_" + "x" * 43, f"alice:{digest('x')}"])
    def test_what_is_no_name_may_be_a_secret_and_is_not_shown(self, secret: str) -> None:
        assert advice.unknown([secret], KNOWN, "in .dev.vars") == ["what stands in .dev.vars is not all NAME=value"]

    def test_nothing_of_settings(self) -> None:
        assert advice.unknown(KNOWN, KNOWN, "on the line") == []

    def test_of_a_shells_variables_only_what_is_very_close(self) -> None:
        others = ["PATH", "HOME", "HOSTNAME", "LOGNAME", "USER", "LANG", "NO_PROXY", "HTTP_PROXY", "GHOST", "LOGS", "API_KEY"]
        shell = dict.fromkeys(others, "x")
        assert advice.unknown_to(KNOWN, {**shell, "MAX_MESAGES": "5", "PORT": "1"}) == [
            "MAX_MESAGES (in the environment) is no setting; did you mean MAX_MESSAGES?"
        ]

    def test_what_stands_on_the_line_is_told_once_though_it_is_in_the_environment_too(self) -> None:
        given = {
            "MAX_MESAGES": "5",
            "FOO": "1",
            "PORT": "1",
            "PYTHON": "python3.13",
            advice.ON_THE_LINE: "MAX_MESAGES FOO PORT PYTHON",
        }
        assert advice.unknown_to(KNOWN, given) == [
            "MAX_MESAGES (on the line) is no setting; did you mean MAX_MESSAGES?",
            "FOO (on the line) is no setting",
        ]


class TestADeployment:
    def test_a_setting_on_the_line_belongs_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(advice.ON_THE_LINE, "ENV IONET_API_KEY MAX_MESSAGES ADRESS")
        assert settings.without_effect({"MAX_MESAGES": 5, "USAGE": "on"}) == [
            "MAX_MESAGES (in wrangler.toml) is no setting; did you mean MAX_MESSAGES?",
            "ADRESS (on the line) is no setting; did you mean ADDRESS?",
            "MAX_MESSAGES (on the line) changes nothing here: put it under [vars] in wrangler.toml",
        ]


class TestExpiry:
    NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def test_one_that_has_passed_is_told(self) -> None:
        hashed = digest("x")
        entries = f"old:{hashed}:2026-11-21 new:{hashed}:2026-11-22 ever:{hashed} now:{hashed}:20261121T120000Z"
        assert advice.expired(entries, self.NOW) == [
            "the access token of old expired at 2026-11-21T00:00Z",
            "the access token of now expired at 2026-11-21T12:00Z",
        ]

    @pytest.mark.parametrize("entries", ["", "alice"])
    def test_nothing_of_none_or_of_wrong_ones(self, entries: str) -> None:
        assert advice.expired(entries, self.NOW) == []
