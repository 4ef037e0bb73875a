"""
The fixed Log Analytics queries, and the one way values get into them.

In:  the name of a query file beside this one, and typed values for its parameters.
Out: query text: a block of `let` lines made from the values, then the file's own text.

Every file can be opened and run as it is: the `let` lines above its `// ---` mark are examples,
and are replaced here. Values become literals of their type, never parts of the text, so nothing
that came in an alert can change what a query does. Pure but for reading the files.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

Value = str | bool | int | datetime | Sequence[str]

_PARAMETER = re.compile(r"^let (\w+) = ", re.MULTILINE)
_PLAIN = re.compile(r'[^\x20-\x7e]|["\\]')


def load(name: str, **values: Value) -> str:
    """The query `name` with these values for its parameters.

    Raises LookupError when there is no such file, TypeError when the values are not exactly the
    parameters of the file or have a type KQL has no literal for, ValueError for a datetime that
    does not say its time zone.
    """
    examples, body = _parts(name)
    wanted = set(_PARAMETER.findall(examples))
    if wanted != set(values):
        raise TypeError(f"{name}.kql takes {sorted(wanted)}, not {sorted(values)}")
    block = [f"let {parameter} = {literal(value)};" for parameter, value in values.items()]
    return "\n".join([*block, body.strip()])


def _parts(name: str) -> tuple[str, str]:
    """The examples above the mark and the text below it."""
    try:
        text = resources.files(__name__).joinpath(f"{name}.kql").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LookupError(f"there is no query named {name!r}") from None
    examples, _, rest = text.partition("// ---")
    return examples, rest.partition("\n")[2]


def literal(value: Value) -> str:
    """One KQL literal (Kusto documentation, "Scalar data types" and "String literals")."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{_PLAIN.sub(_escape, value)}"'
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime in a query must say its time zone")
        utc = value.astimezone(UTC).replace(tzinfo=None)
        return f"datetime({utc.isoformat(timespec='microseconds')}Z)"
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return f"dynamic([{', '.join(literal(item) for item in value)}])"
    raise TypeError(f"KQL has no literal for {type(value).__name__}")


def _escape(match: re.Match[str]) -> str:
    """A quote, a backslash, or anything that is not printable ASCII, as an escape sequence."""
    character = match.group()
    if character in '"\\':
        return "\\" + character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
