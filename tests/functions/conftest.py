"""
The app behind its real doors: requests over HTTP, to the real functions, to a Clinic's Medic.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from functions import duty
from shared.model.ids import ResourceId
from tests.clinic import GENEROUS, Clinic
from tests.host import Running, running
from tests.simulator import alerts, estates


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.json["error"]["code"])


@dataclass
class Desk:
    """A front desk: ask over HTTP, look behind it through the clinic."""

    clinic: Clinic
    host: Running
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`body`: bytes as they are, None for no body, anything else as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = self.session.request(
            method, f"{self.host.url}{path}", data=data, headers=named, timeout=30
        )
        return Answer(told.status_code, dict(told.headers), told.content)

    def settle(self) -> None:
        self.host.settle(duty.QUEUE)

    def shop(self) -> ResourceId:
        return self.clinic.id("shop", "sites")

    def alert(self, condition: str = "Fired") -> dict[str, Any]:
        """What the deployed rule would post for the shop."""
        world = self.clinic.simulator.world
        return alerts.alert(world, self.shop().text, condition=condition)

    def incident(self, id: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/api/incidents/{id}")
        assert answer.status == 200, answer.content
        return dict(answer.json)


@pytest.fixture
def open_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    """Opens a desk for a scenario and a policy; closes everything afterwards."""
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    with ExitStack() as opened:

        def open_one(scenario: dict[str, Any] | None = None, policy: str = GENEROUS) -> Desk:
            blocked = {**estates.blocked_web_app(), "retry": [45]}
            clinic = Clinic(scenario or blocked, tmp_path, policy=policy)
            duty.take_over(clinic.medic)
            opened.callback(duty.take_over, None)
            return Desk(clinic, opened.enter_context(running()))

        yield open_one


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A blocked web app, and a policy that lets it be healed."""
    return open_desk()
