"""
python -m tests.estates [HOW_MANY] [SEED] [sound|healing]: a survey of random estates.

In:  how many to draw, and the seed (0: another one each time).
Out: how they ended, and every promise broken with the smallest estate that breaks it; exit 1 then.

The test stops at the first broken promise; this goes on and tells them all.
"""

import logging
import random
import re
import sys
import traceback
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.estates import promises
from tests.estates.blueprint import Blueprint, broken_ones, healing_ones, sound_ones
from tests.estates.treating import Case, treat

#: What differs from estate to estate in the words of one and the same broken promise.
_PARTICULARS = re.compile(r"\d+\.\d+\.\d+\.\d+|planted-\w+|lookup [^:]*|\S+azurecr\S+|/subs\S+")


_KINDS = {"broken": broken_ones(), "sound": sound_ones, "healing": healing_ones()}


class Survey:
    """What was seen so far."""

    def __init__(self) -> None:
        self.endings: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.smallest: dict[str, dict[str, Any]] = {}
        self.calls: Counter[int] = Counter()

    def take(self, blueprint: Blueprint) -> None:
        try:
            case = treat(blueprint, rehearse=True, repeat=True)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} at {at.filename}:{at.lineno}: {error}"
            self._note(what[:200], {"estate": str(blueprint)})
            return
        self._ended(case)
        for promise in promises.broken(case):
            self._note(_PARTICULARS.sub("…", promise)[:200], promises.told(case))

    def _ended(self, case: Case) -> None:
        found = case.findings[0] if case.findings else "nothing"
        wrote = f", {len(case.writes)} writes" if case.writes else ""
        self.endings[f"{case.incident.state} {found}{wrote}"] += 1
        self.calls[case.most_calls // 5 * 5] += 1

    def _note(self, what: str, told: dict[str, Any]) -> None:
        self.broken[what] += 1
        known = self.smallest.get(what)
        if known is None or len(told["estate"]) < len(known["estate"]):
            self.smallest[what] = told

    def lines(self) -> list[str]:
        told = [f"{times:6} {ending}" for ending, times in self.endings.most_common()]
        told.append(f"requests: {dict(sorted(self.calls.items()))}")
        for what, times in self.broken.most_common():
            told += ["", f"BROKEN {times} times: {what}"]
            told += [f"    {name}: {value}" for name, value in self.smallest[what].items()]
        return told


def main(many: int, number: int, kind: str) -> int:
    logging.disable(logging.CRITICAL)
    survey = Survey()
    number = number or random.randrange(1, 2**31)

    @seed(number)
    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_KINDS[kind])
    def draw(blueprint: Blueprint) -> None:
        survey.take(blueprint)

    draw()
    sys.stdout.write("\n".join([f"seed {number}", *survey.lines(), ""]))
    return 1 if survey.broken else 0


if __name__ == "__main__":
    given_ = sys.argv[1:]
    numbers = [int(word) for word in given_ if word.isdigit()] + [0, 0]
    sys.exit(
        main(
            numbers[0] or 1000,
            numbers[1],
            next((word for word in given_ if word in _KINDS), "broken"),
        )
    )
