"""The first alert of a process waits for nothing it does not use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAYLOADS = _ROOT / "tests" / "payloads"
#: What the alert door has no use for: clients of Azure, and what reads policies, tells people,
#: measures, or talks to a terminal.
_HEAVY = (
    *("azure.core", "azure.data", "azure.identity", "azure.mgmt", "azure.monitor"),
    *("azure.storage", "msal", "requests", "urllib3", "aiohttp", "cryptography"),
    *("opentelemetry", "apprise", "pydantic", "yaml", "click", "rich", "shared.pipeline"),
)
_TELL = "print(json.dumps(sorted(sys.modules)))"
_IMPORTED = f"import json, sys, function_app; {_TELL}"
_ANSWERED = f"import json, sys; from tests.bench import worker; worker.main(); {_TELL}"


def _run(code: str, place: Path, *arguments: str) -> list[str]:
    """What a process of its own says, line by line."""
    known = {name: text for name, text in os.environ.items() if not name.startswith("MEDIC_")}
    told = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=_ROOT,
        env=known | {"MEDIC_STORE": f"sqlite:///{place / 'medic.db'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()


def _heavy(modules: list[str]) -> list[str]:
    return [one for one in modules if one.startswith(tuple(f"{name}." for name in _HEAVY))]


def test_loading_the_app_loads_no_client_of_azure(tmp_path: Path) -> None:
    (modules,) = _run(_IMPORTED, tmp_path)

    loaded = json.loads(modules)
    assert "azure.functions" in loaded
    assert _heavy(loaded) == []


@pytest.mark.parametrize("payload", ["alert-log-v2.json", "alert-activity.json"])
def test_nor_does_answering_the_first_alert(payload: str, tmp_path: Path) -> None:
    said, modules = _run(_ANSWERED, tmp_path, "function_app", str(_PAYLOADS / payload))

    assert json.loads(said)["status"] == 202
    assert _heavy(json.loads(modules)) == []
