"""
What is wrong with a policy, all of it at once.

Pure.
"""

from dataclasses import dataclass

from shared.errors import BadInput
from shared.model.discretion import discreet


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `line` counts from 1, 0 where it is about the whole; `key` is the dotted path
    ("pairs[0].registry")."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        where = ", ".join(part for part in (line, self.key) if part)
        return discreet(f"{where}: {self.message}" if where else self.message)


class PolicyError(BadInput):
    """The policy cannot be used. `problems` lists every mistake, in the order of the file."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("the policy is not valid: " + "; ".join(map(str, self.problems)))
