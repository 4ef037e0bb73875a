"""
The small `$filter`s that ARM's list operations take.

In:  a filter text such as "atScope() and assignedTo('…')".
Out: its clauses by lower-case name, e.g. {"atscope": "", "assignedto": "…"}; 400 for other forms.
"""

import re

from tests.simulator.wire import Refusal

_CALL = re.compile(r"(\w+)\(\s*(?:'([^']*)')?\s*\)")
_EQUALS = re.compile(r"([\w/]+)\s+eq\s+(?:'([^']*)'|(\w+))", re.IGNORECASE)


def clauses(text: str, *, known: set[str]) -> dict[str, str]:
    """`known` are the clause names the operation understands, lower-case."""
    found: dict[str, str] = {}
    for piece in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []:
        match = _CALL.fullmatch(piece) or _EQUALS.fullmatch(piece)
        if match is None or match[1].lower() not in known:
            raise Refusal(
                400,
                "InvalidFilter",
                f"The filter '{text}' is not supported. Supported clauses: "
                f"{', '.join(sorted(known))}.",
            )
        values = [value for value in match.groups()[1:] if value is not None]
        found[match[1].lower()] = values[0] if values else ""
    return found
