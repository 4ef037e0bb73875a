"""A store of its own for every test: in a file, and in an emulated storage account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import Store
from tests.store.places import KINDS, Another, somewhere


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "medic.db"


@pytest.fixture(params=KINDS)
def another(request: pytest.FixtureRequest, path: Path) -> Iterator[Another]:
    with somewhere(request.param, path) as opens:
        yield opens


@pytest.fixture
def store(another: Another) -> Store:
    return another()
