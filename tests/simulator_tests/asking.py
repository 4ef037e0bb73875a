"""Asking a Simulator as one principal, in one line: what the tests of the services share."""

import json
from typing import Any

from tests.simulator.azure import Simulator
from tests.simulator.wire import Response

ACR, WEB, APP, NET, DNS = "2025-11-01", "2025-05-01", "2026-07-01", "2026-03-01", "2024-06-01"


def ask(
    simulator: Simulator,
    method: str,
    path: str,
    body: Any = None,
    *,
    version: str,
    principal: str | None = None,
) -> Response:
    """One resource manager request, by the owner of everything unless told otherwise."""
    joint = "&" if "?" in path else "?"
    content = b"" if body is None else json.dumps(body).encode()
    where = f"{path}{joint}api-version={version}"
    return simulator.change(method, where, content, principal=principal)


def change(resource: dict[str, Any], **properties: Any) -> None:
    """Change properties of a scenario's resource before it is loaded."""
    resource["properties"].update(properties)


def of(scenario: dict[str, Any], type: str, name: str = "") -> dict[str, Any]:
    """The one resource of a type (and name) in a scenario."""
    found = [
        item
        for item in scenario["resources"]
        if item["type"] == type and (not name or item["name"] == name)
    ]
    assert len(found) == 1, f"{len(found)} resources of type {type}"
    resource: dict[str, Any] = found[0]
    return resource
