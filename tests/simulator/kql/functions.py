"""
Scalar functions: what each takes, gives and does.

A function here sees values, not rows; those that need the query around them (now, ago,
column_ifexists, case, iff, coalesce) are in `expressions.py`.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulator.kql import text, values


@dataclass(frozen=True)
class Function:
    """`takes`: fewest and most arguments. `sees_null`: called even when an argument is null."""

    takes: tuple[int, int]
    gives: str
    call: Callable[..., Any]
    sees_null: bool = False


def _string(value: Any) -> str:
    return values.text_of(value)


def _parse_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # Kusto keeps what is not JSON as a string value


def _extract(pattern: str, group: int, source: Any) -> str:
    match = text.regex(pattern).search(_string(source))
    return (match.group(group) or "") if match and 0 <= group <= match.re.groups else ""


def _split(source: Any, delimiter: str, index: int | None = None) -> Any:
    parts = _string(source).split(delimiter) if delimiter else list(_string(source))
    return parts if index is None else parts[index : index + 1] if index >= 0 else []


def _substring(source: Any, start: int, length: int | None = None) -> str:
    whole = _string(source)
    start = max(start if start >= 0 else len(whole) + start, 0)
    return whole[start:] if length is None else whole[start : start + max(length, 0)]


def _array_length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def floor(value: Any, step: Any) -> Any:
    """bin(): rounded down to a multiple; datetimes count from year 1."""
    if isinstance(value, datetime):
        zero = datetime.min.replace(tzinfo=UTC)
        return zero + ((value - zero) // step) * step if step else None
    if not step:
        return None
    whole = (value // step) * step
    return whole if isinstance(value, int | timedelta) else float(whole)


def _format_datetime(moment: datetime, form: str) -> str:
    parts = {
        "yyyy": "%Y",
        "MM": "%m",
        "dd": "%d",
        "HH": "%H",
        "mm": "%M",
        "ss": "%S",
        "fff": f"{moment.microsecond // 1000:03d}",
    }
    for theirs, ours in parts.items():
        form = form.replace(theirs, ours)
    return moment.strftime(form)


def _datetime_diff(part: str, later: datetime, earlier: datetime) -> int | None:
    units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
    seconds = units.get(part.lower())
    if seconds is None:
        return None

    def count(moment: datetime) -> int:
        return int(moment.timestamp() // seconds)

    return count(later) - count(earlier)


def _set_has(array: Any, value: Any) -> bool:
    return isinstance(array, list) and value in array


def _to(type: str) -> Function:
    return Function((1, 1), type, lambda value: values.convert(value, type), sees_null=True)


#: Names as Kusto spells them; Kusto is case-sensitive here.
FUNCTIONS: dict[str, Function] = {
    "tostring": _to("string"),
    "toint": _to("int"),
    "int": _to("int"),
    "tolong": _to("long"),
    "long": _to("long"),
    "toreal": _to("real"),
    "todouble": _to("real"),
    "real": _to("real"),
    "tobool": _to("bool"),
    "bool": _to("bool"),
    "toguid": _to("guid"),
    "guid": _to("guid"),
    "todatetime": _to("datetime"),
    "datetime": _to("datetime"),
    "totimespan": _to("timespan"),
    "tolower": Function((1, 1), "string", lambda value: _string(value).lower()),
    "toupper": Function((1, 1), "string", lambda value: _string(value).upper()),
    "strlen": Function((1, 1), "long", lambda value: len(_string(value))),
    "strcat": Function((1, 64), "string", lambda *v: "".join(map(_string, v)), sees_null=True),
    "strcat_array": Function((2, 2), "string", lambda a, d: d.join(map(_string, a))),
    "split": Function((2, 3), "dynamic", _split),
    "substring": Function((2, 3), "string", _substring),
    "indexof": Function((2, 2), "long", lambda s, part: _string(s).find(part)),
    "extract": Function((3, 3), "string", _extract),
    "replace_string": Function((3, 3), "string", lambda s, old, new: _string(s).replace(old, new)),
    "trim": Function(
        (2, 2),
        "string",
        lambda p, s: text.regex(f"^(?:{p})*|(?:{p})*$").sub("", _string(s)),
    ),
    "isempty": Function((1, 1), "bool", lambda v: v is None or v == "", sees_null=True),
    "isnotempty": Function((1, 1), "bool", lambda v: v is not None and v != "", sees_null=True),
    "isnull": Function((1, 1), "bool", lambda v: v is None, sees_null=True),
    "isnotnull": Function((1, 1), "bool", lambda v: v is not None, sees_null=True),
    "not": Function((1, 1), "bool", lambda value: not value),
    "parse_json": Function((1, 1), "dynamic", _parse_json),
    "todynamic": Function((1, 1), "dynamic", _parse_json),
    "array_length": Function((1, 1), "long", _array_length),
    "array_concat": Function((1, 16), "dynamic", lambda *a: [item for one in a for item in one]),
    "pack_array": Function((0, 64), "dynamic", lambda *v: list(v), sees_null=True),
    "set_has_element": Function((2, 2), "bool", _set_has),
    "bag_keys": Function((1, 1), "dynamic", lambda v: list(v) if isinstance(v, dict) else None),
    "abs": Function((1, 1), "real", abs),
    "round": Function((1, 2), "real", lambda v, digits=0: float(round(v, digits))),
    "ceiling": Function((1, 1), "real", lambda v: float(math.ceil(v))),
    "format_datetime": Function((2, 2), "string", _format_datetime),
    "datetime_diff": Function((3, 3), "long", _datetime_diff),
}


def applied(function: Function, arguments: Sequence[Any]) -> Any:
    """The result; null when an argument is null and the function does not look at nulls."""
    if not function.sees_null and any(value is None for value in arguments):
        return values.empty(function.gives)
    try:
        return function.call(*arguments)
    except (TypeError, AttributeError, OverflowError, ValueError):
        return values.empty(function.gives)  # a wrong kind of dynamic value, as Kusto: null
