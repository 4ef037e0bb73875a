"""
How columns get their names when a query gives none.
"""

from typing import Any

from tests.simulator.kql.scalar import Node


class Names:
    """The names taken in one result: a second `x` becomes `x1`, a nameless one `Column1`."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def take(self, wanted: str) -> str:
        base, number = wanted or "Column", 0 if wanted else 1
        name = wanted or "Column1"
        while name in self.used:
            number += 1
            name = f"{base}{number}"
        self.used.append(name)
        return name


def parts(item: Node) -> tuple[str, Node]:
    """The name given ("" when none) and the expression of one item of a list."""
    children: list[Any] = item.children
    if str(item.data) == "assigned":
        return str(children[0]), children[1]
    return "", children[0]
