"""
A table: typed columns in order, and rows.

Rows given from outside are brought to their column types here, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulator.kql import values

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """`columns` maps names to types, in order; every row has every column."""

    columns: dict[str, str]
    rows: list[Row]
    name: str = ""

    @classmethod
    def of(
        cls, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], name: str = ""
    ) -> "Table":
        """Rows as somebody wrote them: what one lacks is empty, what no column names is dropped."""
        types = dict(columns)
        return cls(
            types,
            [{c: values.convert(row.get(c), type) for c, type in types.items()} for row in rows],
            name,
        )
