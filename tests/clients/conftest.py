"""Somebody who reads the telemetry, for the tests that ask for it."""

from collections.abc import Iterator

import pytest

from tests.clients.reader import Read, reading


@pytest.fixture
def read() -> Iterator[Read]:
    with reading() as seen:
        yield seen
