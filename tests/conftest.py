"""
What every test has: settings of its own machine kept away, and a record of the traffic on request.

`pytest --traffic DIR` writes every exchange with the simulated Azure to DIR as JSON Lines, in the
form {"request", "response", "source"}, to be held against Microsoft's OpenAPI documents. What is
asked of operations that no document at hand describes goes to DIR/undocumented.txt, a line each.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.simulator.azure import Simulator

settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("suite")

#: Operations real Azure answers and the documents we hold traffic against leave out.
_UNDOCUMENTED = re.compile(
    r"/sites/[^/]+(/slots/[^/]+)?/siteStatus"
    r"|/providers/Microsoft\.Authorization/(locks|permissions)"
    r"|/providers/Microsoft\.App/jobs/[^/]+/(executions|listSecrets)"
    r"|^PATCH .*/providers/Microsoft\.App/jobs/"
    r"|/providers/Microsoft\.ContainerRegistry/registries/[^/?]+\?api-version=[0-9-]+-preview"
    r"|/providers/Microsoft\.ContainerRegistry/registries/[^/?]+/cacheRules"
    r"|/acr/v1/_deleted/"
    r"|/providers/Microsoft\.Network/dnsResolvers/"
    r"|^[A-Z]+ https://[^/]+/subscriptions(/[^/]+)?(/resourceGroups(/[^/]+)?)?(\?|$)",
    re.IGNORECASE,
)

#: What registries with quarantine add to the attributes of tags and manifests.
_UNDOCUMENTED_MEMBER = "quarantineState"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--traffic", metavar="DIR", help="write the simulated Azure's traffic to DIR")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MEDIC_", "AZURE_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _traffic(request: pytest.FixtureRequest) -> Iterator[None]:
    folder = request.config.getoption("--traffic")
    if not folder:
        yield
        return
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    source = request.node.nodeid
    undocumented = place / "undocumented.txt"
    with (
        (place / f"{worker}.jsonl").open("a", encoding="utf-8") as file,
        undocumented.open("a", encoding="utf-8") as left_out,
    ):

        def witness(exchange: dict[str, Any]) -> None:
            if exchange["liveResponse"] is None:
                return
            asked = exchange["liveRequest"]
            body = str(exchange["liveResponse"]["body"])
            if (
                _UNDOCUMENTED.search(f"{asked['method']} {asked['url']}")
                or _UNDOCUMENTED_MEMBER in body
            ):
                left_out.write(f"{asked['method']} {asked['url']}\n")
                return
            told = {
                "request": exchange["liveRequest"],
                "response": exchange["liveResponse"],
                "source": source,
            }
            file.write(json.dumps(told) + "\n")

        Simulator.witness = witness
        try:
            yield
        finally:
            Simulator.witness = None


@pytest.fixture
def off_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep requests out of `--traffic` that Microsoft's OpenAPI documents do not describe."""
    monkeypatch.setattr(Simulator, "witness", None)
