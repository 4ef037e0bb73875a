"""What several tests of the simulated Azure share."""

import pytest

from tests.simulator.azure import Simulator


@pytest.fixture
def off_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep requests out of `--traffic` that Microsoft's OpenAPI documents do not describe."""
    monkeypatch.setattr(Simulator, "witness", None)
