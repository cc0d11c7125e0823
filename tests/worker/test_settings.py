"""Without the right settings the edge serves nobody, says which setting is at fault, and never what it holds."""

import httpx
import pytest

from tests.conftest import KEY, StartWorker, question


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IONET_API_KEY", None),
        ("IONET_API_KEY", "  "),
        ("IONET_API_KEY", "secret key"),
        ("IONET_BASE_URL", "http://api.example/v1"),
        ("MAX_BODY_BYTES", "secret"),
    ],
)
def test_a_wrong_setting_is_named(start_worker: StartWorker, client: httpx.Client, name: str, value: str | None) -> None:
    worker = start_worker(**{name: value})
    asked = (client.get(f"{worker.url}/api/health"), client.post(worker.chat, json=question()))
    for response in asked:
        assert response.status_code == 503
        assert response.headers["access-control-allow-origin"] == "*"
        error = response.json()["error"]
        assert (error["code"], error["param"]) == ("not_configured", name)
        assert name in error["message"]
        assert "expected" in error["message"]
        for text in (response.text, worker.log.read_text()):
            assert "secret key" not in text
            assert KEY not in text


def test_the_page_is_there_all_the_same(start_worker: StartWorker, client: httpx.Client) -> None:
    assert client.get(start_worker(IONET_API_KEY=None).url).status_code == 200
