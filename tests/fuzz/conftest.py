"""One open house per file: opening a store for every input would be most of the work."""

from collections.abc import Iterator

import pytest

from tests.fuzz.doors import Doors, open_doors


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
        with open_doors(tmp_path_factory.mktemp("fuzz")) as opened:
            yield opened
