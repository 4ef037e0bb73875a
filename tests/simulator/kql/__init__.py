"""
An honest part of the Kusto query language, for the query services of the simulated Azure.

In:  query text, tables, the clock.
Out: a Table, or a KqlError in Kusto's words for what it does not know. It never guesses.
"""

from tests.simulator.kql.engine import run
from tests.simulator.kql.errors import KqlError
from tests.simulator.kql.table import Row, Table

__all__ = ["KqlError", "Row", "Table", "run"]
