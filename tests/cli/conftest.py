"""A way to open a terminal on any estate."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Terminal, terminal
from tests.clinic import GENEROUS, Clinic

Open = Callable[..., Terminal]


@pytest.fixture
def opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Open]:
    """`opened(scenario, policy=…)`: a terminal on that estate; the platform has already pulled."""
    with ExitStack() as ends:

        def open_(scenario: dict[str, Any], *, policy: str = GENEROUS) -> Terminal:
            from tests.simulator import estates

            clinic = Clinic(scenario, tmp_path, policy=policy)
            for workload in estates.workloads_of(scenario):
                clinic.simulator.world.advance()
                clinic.pull(_id(workload))
            return ends.enter_context(terminal(clinic, capsys))

        yield open_


def _id(text: str) -> Any:
    from shared.model.ids import ResourceId

    return ResourceId.parse(text)
