"""
What is wrong with a policy, all of it at once.

Pure.
"""

from dataclasses import dataclass

from shared.errors import BadInput
from shared.model.discretion import discreet


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `line` counts from 1, `key` is the dotted path ("pairs[0].registry")."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}"
        said = f"{where}, {self.key}: {self.message}" if self.key else f"{where}: {self.message}"
        return discreet(said)


class PolicyError(BadInput):
    """The policy cannot be used. `problems` lists every mistake, in the order of the file."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("the policy is not valid: " + "; ".join(map(str, self.problems)))
