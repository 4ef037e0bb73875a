"""
Mutations: what an attacker, a new release or a broken sender makes of a valid payload.

In:  a JSON value, or bytes.
Out: strategies for it with a few things changed; how many inputs a test tries.

A change is drawn, not every node: so an input costs little, and hypothesis can shrink it.
"""

import copy
import json
import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.payloads import BASKET, CONTOSO, SHOP, WORKSPACE

_TIMES = int(os.environ.get("FUZZ", "1"))


def inputs(number: int) -> settings:
    """So many inputs, or FUZZ times as many."""
    return settings(max_examples=number * _TIMES)


#: Words that mean something somewhere, and words that hurt somewhere.
WORDS = st.sampled_from(
    [
        *("Fired", "Resolved", "Failed", "Succeeded", "Log Alerts V2", "_ResourceId", "Upgraded"),
        *("Activity Log - Administrative", "Administrative", "Deallocated", "failure", "look"),
        *("Microsoft.App/containerApps/write", "Microsoft.Resources.ResourceWriteFailure"),
        *("Microsoft.Resources.ResourceDeleteSuccess", "2", "1.0", "azureMonitorCommonAlertSchema"),
        *(SHOP, BASKET, CONTOSO, WORKSPACE, SHOP.upper(), f"{SHOP}/slots/x", f"{SHOP}/../other"),
        *(f"{SHOP}/providers/Microsoft.Web/sites/y", "/subscriptions/x", "/", "//", "..", "%2e%2e"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "now"),
        *("\ud800", "\x00", "\x1b[2J", "\u202e", "\ufeff", "𝔘𝔫𝔦", "ß" * 300),
        *("' or 1=1 --", '"; union x', "| project *", "@@x", "${7*7}", "{{7*7}}", "<script>1"),
        *("https://attacker.example/?sig=1", "169.254.169.254", "0.0.0.0/0", "NaN", "1e999"),
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([2**63, -(2**63) - 1, 10**40, 1e308, -0.0])
    | st.text(max_size=20)
    | WORDS
)
VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=9), _SCALARS, max_size=3),
    st.sampled_from([[], {}, [[]], [{}], [[[[[[[[]]]]]]]]]),
)


@st.composite
def mutated(draw: Any, value: Any) -> Any:
    """The value with one to four changes."""
    made = [copy.deepcopy(value)]
    for _ in range(draw(st.integers(1, 4))):
        everywhere = list(_places(made))
        holder, key = everywhere[draw(st.integers(0, len(everywhere) - 1))]
        _change(draw, holder, key)
    return made[0] if made else None


@st.composite
def torn(draw: Any, whole: bytes) -> bytes:
    """The bytes with one to four holes, repetitions or strangers."""
    made = whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(made)))
        end = at + draw(st.integers(0, 40))
        stranger = draw(st.sampled_from(["", "", "twice"]) | st.binary(max_size=6))
        put = made[at:end] * 2 if stranger == "twice" else stranger or b""
        made = made[:at] + (put if isinstance(put, bytes) else put.encode()) + made[end:]
    return made


def bodies(*valid: Any) -> st.SearchStrategy[bytes]:
    """Bodies a door may get where it expects one of these."""
    bent = st.one_of(*(mutated(one) for one in valid)).map(written)
    ripped = st.one_of(*(torn(written(one)) for one in valid))
    return st.one_of(bent, bent, ripped, st.binary(max_size=200), VALUES.map(written))


def written(value: Any) -> bytes:
    """JSON as lax senders write it: NaN, lone surrogates and all."""
    return json.dumps(value, allow_nan=True).encode()


def _places(holder: Any) -> Any:
    """Every place in a value: what holds it, and under which key."""
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])


def _change(draw: Any, holder: Any, key: Any) -> None:
    how = draw(st.sampled_from(["other", "other", "word", "gone", "wrapped", "renamed", "many"]))
    if how == "gone" and (isinstance(holder, dict) or len(holder) > 1):
        del holder[key]
    elif how == "renamed" and isinstance(holder, dict):
        holder[draw(st.text(max_size=9))] = holder.pop(key)
    elif how == "wrapped":
        holder[key] = draw(st.sampled_from([lambda v: [v], lambda v: {"x": v}, str]))(holder[key])
    elif how == "many" and isinstance(holder[key], list | str):
        holder[key] = holder[key] * 50
    else:
        # a copy: the next change may go into what was drawn, which is drawn from again
        holder[key] = copy.deepcopy(draw(WORDS if how == "word" else VALUES))
