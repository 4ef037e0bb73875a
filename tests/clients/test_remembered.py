"""What was asked once in a round of reading is not asked again."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.clients.arm import Arm
from shared.clients.remembered import Memory, Remembered


class Asked(Arm):
    """Answers with a count of its questions; the first one fails when told to."""

    def __init__(self, *, failing: bool = False) -> None:
        self.asked: list[str] = []
        self._failing = failing

    def get(self, path: str, api_version: str, **query: str) -> dict[str, Any]:
        self.asked.append(path)
        if self._failing and len(self.asked) == 1:
            raise PermissionError(path)
        return {"id": path, "version": api_version, **query}

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(path)
        return dict(body)

    def list(self, path: str, api_version: str, **query: str) -> Iterator[dict[str, Any]]:
        self.asked.append(path)
        yield from ({"id": f"{path}/{number}"} for number in range(3))


def test_the_same_question_is_asked_once_whatever_its_spelling() -> None:
    inner = Asked()
    arm = Remembered(inner, Memory())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: arm.get(path, "2026"), ["/A/b", "/a/B"] * 8))

    assert len(inner.asked) == 1
    assert len({answer["id"] for answer in answers}) == 1


def test_another_version_query_or_body_is_another_question() -> None:
    inner = Asked()
    arm = Remembered(inner, Memory())

    arm.get("/a", "2026")
    arm.get("/a", "2025")
    arm.get("/a", "2026", expand="true")
    arm.post("/a", "2026", {"query": "one"})
    arm.post("/a", "2026", {"query": "two"})
    arm.post("/a", "2026", {"query": "two"})

    assert len(inner.asked) == 5


def test_a_list_is_whole_for_everybody() -> None:
    inner = Asked()
    arm = Remembered(inner, Memory())

    first = next(arm.list("/locks", "2020"))
    everything = list(arm.list("/locks", "2020"))

    assert (first["id"], len(everything), inner.asked) == ("/locks/0", 3, ["/locks"])


def test_a_question_that_failed_may_be_asked_again() -> None:
    inner = Asked(failing=True)
    arm = Remembered(inner, Memory())

    with pytest.raises(PermissionError):
        arm.get("/a", "2026")

    assert arm.get("/a", "2026")["id"] == "/a"
