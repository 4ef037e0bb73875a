"""A store of its own for every test: in a file, and in an emulated storage account."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import SqliteStore, Store
from shared.store.leases import Leases
from shared.store.table import Table
from shared.store.tables import TablesStore
from tests.store import azurite

_NUMBER = itertools.count()


class Another:
    """Opens the same store once more, as another machine would. `place` names it for processes."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._opened: list[Store] = []

    def __call__(self) -> Store:
        self._opened.append(reopened(self.place))
        return self._opened[-1]

    def close(self) -> None:
        for store in self._opened:
            store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "medic.db"


@pytest.fixture(params=["file", "account"])
def another(request: pytest.FixtureRequest, path: Path) -> Iterator[Another]:
    if request.param == "account" and (why := azurite.missing()):
        pytest.skip(why)
    name = f"t{os.getpid()}x{next(_NUMBER)}"
    place = str(path) if request.param == "file" else f"{name};{azurite.running().connection}"
    opens = Another(place)
    yield opens
    opens.close()


@pytest.fixture
def store(another: Another) -> Store:
    return another()


def reopened(place: str) -> Store:
    """The store at a place: a file, or a name and an account's connection."""
    name, _, connection = place.partition(";")
    return account(name, connection) if connection else SqliteStore(Path(place))


def account(name: str, connection: str = "", *, seconds: int = 60) -> TablesStore:
    """A store in the emulated account, under that name."""
    from azure.data.tables import TableServiceClient
    from azure.storage.blob import BlobServiceClient

    text = connection or azurite.running().connection
    return TablesStore(
        Table(TableServiceClient.from_connection_string(text), name),
        Leases(BlobServiceClient.from_connection_string(text), name, seconds=seconds),
    )
