"""
python -m tests.chaos [HOW_MANY] [FROM]: a survey of chaotic runs.

In:  how many seeds, and the first of them.
Out: how they ended, and for each that broke something the shortest script that still does; exit 1
     then.

The test stops at a broken run; this goes on, and takes away events, machines and messages as long
as something is still broken.
"""

import logging
import sys
from collections import Counter
from collections.abc import Iterator

from tests.chaos.playing import Played, play
from tests.chaos.script import Script, draw


def shortest(played: Played) -> Played:
    """The same run without anything it does not take."""
    found = played
    while True:
        shorter = next((one for one in map(play, _shorter(found.script)) if one.complaints), None)
        if shorter is None:
            return found
        found = shorter


def _shorter(script: Script) -> Iterator[Script]:
    """The script with one thing less."""
    for gone in range(len(script.events)):
        yield script.but(events=(*script.events[:gone], *script.events[gone + 1 :]))
    for gone in range(len(script.deliveries)):
        if len(script.deliveries) > 1:
            rest = (*script.deliveries[:gone], *script.deliveries[gone + 1 :])
            yield script.but(deliveries=rest)
    if script.rehearsals:
        yield script.but(rehearsals=())
    if len(script.skews) > 1:
        yield script.but(skews=script.skews[:-1])
    if any(script.skews):
        yield script.but(skews=tuple(0 for _ in script.skews))


def main(many: int, first: int) -> int:
    endings: Counter[str] = Counter()
    broken = 0
    for seed in range(first, first + many):
        played = play(draw(seed))
        endings[played.ending] += 1
        if played.complaints:
            broken += 1
            sys.stdout.write("\n".join(["", "BROKEN", *shortest(played).lines(), ""]))
            sys.stdout.flush()
    told = [f"{times:6} {ending}" for ending, times in endings.most_common()]
    sys.stdout.write("\n".join([*told, f"{broken} of {many} broke something", ""]))
    return 1 if broken else 0


if __name__ == "__main__":
    logging.lastResort = None  # what the runs log is listened to, not shown
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [100, 0][len(numbers) :])))
