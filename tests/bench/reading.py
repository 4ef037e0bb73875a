"""
The classifier beside one regular expression.

In:  the messages the classifier's tests are made of, lines an application prints, and garbage.
Out: a Table: processor time per line, and how many causes each got right.

The regular expression is the plain way to do it: every literal phrase of the classifier's own table
in one alternation over the text in lower case; its cause is that of the phrase it finds first.
"""

import json
import random
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from shared.classification import classify
from shared.classification.signatures import TABLE
from shared.classification.signatures.model import GAP
from shared.model.words import Cause
from tests.bench.measuring import Row, Table, in_turns

_MESSAGES = Path(__file__).parents[1] / "classification" / "messages.jsonl"
_MIB = 1 << 20
_SEED = 20260714
_FEW, _SLOW_ROUNDS = 10, 2  # a megabyte takes the regular expression seconds

Rival = Callable[[str], Cause]


def measure(*, rounds: int) -> Table:
    """Both over the same lines, in turns."""
    known = [json.loads(line) for line in _MESSAGES.read_text(encoding="utf-8").splitlines()]
    rivals: dict[str, Rival] = {"classifier": _ours, "regex": _single()}
    corpora = {
        "a message about a pull": [one["text"] for one in known],
        "a line an application prints": _ordinary(2000),
        "a line of 1 MiB garbage": _garbage(),
        "1 MiB of the firewall's own words": [_filled("denied: client with ")],
    }
    rows = [
        _timed(name, lines, rivals, rounds if len(lines) > _FEW else _SLOW_ROUNDS)
        for name, lines in corpora.items()
    ]
    return Table(
        name="classifier",
        title="Reading one line",
        ours="classifier",
        theirs="one regular expression",
        rows=tuple(rows),
        meaning="What reading costs; the classifier also says which image, registry and address a "
        "line names, and keeps one cause apart from another.",
        method="""The regular expression is one alternation of the literal phrases in the
classifier's own table, over the text in lower case. Both read the same lines in one process, in
turns; medians of processor time, garbage as the mean of five kinds. The regular expression stops at
its first match, so it wins where one comes at once; the classifier reads at most 64 KiB of a
line.""",
    )


def _timed(name: str, lines: Sequence[str], rivals: dict[str, Rival], rounds: int) -> Row:
    runs = {side: partial(_seconds, rival, lines) for side, rival in rivals.items()}
    taken = in_turns(runs, rounds=rounds, what=name)
    ours, theirs = ([seconds / len(lines) for seconds in taken[side]] for side in rivals)
    return Row.of(name, ours, theirs, "s")


def _seconds(rival: Rival, lines: Sequence[str]) -> float:
    began = time.process_time()
    for line in lines:
        rival(line)
    return time.process_time() - began


def _ours(text: str) -> Cause:
    return classify(text).cause


def _single() -> Rival:
    causes: dict[str, Cause] = {}
    for each in TABLE:
        for phrase in each.phrases:
            if GAP not in phrase:
                causes.setdefault(phrase, each.cause)
    pattern = re.compile("|".join(map(re.escape, causes)))

    def read(text: str) -> Cause:
        found = pattern.search(text.lower())
        return causes[found.group()] if found else Cause.NOT_A_PULL_FAILURE

    return read


def _ordinary(count: int) -> list[str]:
    """What fills an application's log; nothing in it is about pulls."""
    dice = random.Random(_SEED)
    forms = (
        '10.0.{a}.{b} - - [14/Jul/2026:09:31:{a:02d} +0000] "GET /api/orders/{n} HTTP/1.1" 200 {n}',
        "2026-07-14T09:31:{a:02d}.{n}Z INFO  orders.web  Order {n} accepted in {b} ms",
        "2026-07-14T09:31:{a:02d}.{n}Z WARN  orders.db   slow query ({n} ms): SELECT * FROM carts",
        "info: Microsoft.AspNetCore.Hosting.Diagnostics[2] Request finished in {n}.{b}ms 403",
        "   at Orders.Web.Controllers.CartController.Get(Int32 id) in /src/Cart.cs:line {a}",
        "npm notice created a lockfile as package-lock.json with {n} packages",
        '{{"level":"debug","time":{n},"user":"u{a}","msg":"cache miss for key cart:{n}"}}',
    )
    return [
        form.format(a=dice.randrange(60), b=dice.randrange(256), n=dice.getrandbits(20))
        for form in dice.choices(forms, k=count)
    ]


def _garbage() -> list[str]:
    """A megabyte each: noise, one endless word, escapes, blanks, near misses."""
    dice = random.Random(_SEED)
    printable = "".join(chr(dice.randrange(32, 127)) for _ in range(_MIB))
    return [
        printable,
        "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789+/", k=_MIB)),
        "\\" * _MIB,
        " " * _MIB,
        _filled("failed to pull "),
    ]


def _filled(words: str) -> str:
    """A megabyte of these words."""
    return (words * (_MIB // len(words) + 1))[:_MIB]
