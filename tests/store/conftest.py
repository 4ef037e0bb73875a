"""A store in a file of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "medic.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path)
    yield made
    made.close()
