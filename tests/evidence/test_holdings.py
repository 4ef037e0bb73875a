"""Whatever a registry answers, it becomes a Catalogue: nothing it says may stop a look."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis import given as examples
from hypothesis import strategies as st

from shared.clients.registry_data import Answer
from shared.clients.translate import asking
from shared.evidence import holdings
from shared.model.catalogue import Catalogue
from shared.model.evidence import ImageUse
from tests.diagnosis import given

DIGEST = "sha256:" + "a" * 64
WORDS = st.sampled_from(
    [
        *("tag", "tags", "manifest", "manifests", "name", "digest", "references", "os", "7"),
        *("architecture", "platform", "changeableAttributes", "readEnabled", "quarantineState"),
        *("lastUpdateTime", "deletedAt", "2026-08-01T10:00:00.1234567Z", DIGEST, "linux", "amd64"),
        *("properties", "policies", "softDeletePolicy", "status", "enabled", "retentionDays"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=14,
)
TAG = st.fixed_dictionaries(
    {"tag": st.fixed_dictionaries({"name": st.just("7"), "digest": JSON | st.just(DIGEST)}) | JSON}
)
MANIFEST = st.fixed_dictionaries({"manifest": st.dictionaries(WORDS, JSON, max_size=5) | JSON})
ANSWERS = st.tuples(
    st.sampled_from([0, 200, 200, 200, 401, 404, 404, 429, 503]),
    TAG | MANIFEST | st.dictionaries(WORDS, JSON, max_size=3),
)


class Told:
    """A registry that says what it is told to say, and a resource manager that is no better."""

    workspaces: tuple[str, ...] = ()
    asking = staticmethod(asking)

    def __init__(self, answers: list[tuple[int, dict[str, Any]]], arm: dict[str, Any]) -> None:
        self._answers, self._arm = answers, arm

    def get(self, *path: Any, **_: Any) -> Any:
        if len(path) == 2:  # the resource manager
            return self._arm
        status, body = self._answers.pop(0) if self._answers else (404, {})
        return Answer(status=status, body=body, headers={})

    def together(self, **reads: Callable[[], Any]) -> dict[str, Any]:
        return {name: read() for name, read in reads.items()}

    def now(self) -> datetime:
        return datetime(2026, 8, 3, tzinfo=UTC)

    def acr(self, _: str) -> Any:
        return SimpleNamespace(cache_rules=SimpleNamespace(list=lambda *_: []))

    @property
    def arm(self) -> "Told":
        return self

    @property
    def logs(self) -> "Told":
        return self


@examples(
    answers=st.lists(ANSWERS, max_size=6),
    arm=st.dictionaries(WORDS, JSON, max_size=3),
    reference=st.sampled_from(["7", DIGEST]),
    restorable=st.booleans(),
    held_back=st.booleans(),
)
def test_no_answer_of_a_registry_stops_a_look(
    answers: list[tuple[int, dict[str, Any]]],
    arm: dict[str, Any],
    reference: str,
    restorable: bool,
    held_back: bool,
) -> None:
    told: Any = Told(answers, arm)
    image = ImageUse(
        container="main",
        text="?",
        host="contoso.azurecr.io",
        repository="shop",
        reference=reference,
        acr=True,
    )

    seen = holdings.read(
        told, told, given.registry(), image, restorable=restorable, held_back=held_back
    )

    assert isinstance(seen, Catalogue)
    assert seen.image_exists is not None or seen.because
    assert not (seen.because and seen.image_exists)
