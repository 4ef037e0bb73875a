"""
The pipeline: the only place where rooms meet.

    looking.py    signal → evidence → reading → diagnosis → plan → decision; writes nothing
    healing.py    the same, then execution and the first entry for verification: read this first
    applying.py   the steps one by one, with a look in between
    settling.py   what became of a step that was announced when its worker was interrupted
    rounds.py     many at once: treated registry by registry    company.py  and written together
    sweeping.py   what no message will remind us of: verifications due, work left lying
    deciding.py   what a person decides: approve, reject
    tidying.py    rules of ours that nobody needs any more are offered for removal
    offering.py   one such offer: looked at, judged, and watched when it was carried out
    worsening.py  a change of ours that did harm is taken back
    undoing.py    taking back what was written: because a person says so, or because it did harm
    resuming.py   a person resets a breaker; what it held back is looked at again
    searching.py  which workloads an alert about a whole workspace is about
    failing.py    which workloads fail at present, as the logs say
    scouting.py   who will fail to pull: after a change that was heard of, on patrol, by a scan
    waiting.py    what rests and is looked at again when time may have changed the answer
    telling.py    what people are told, outside every heal
    working.py    one worker's hold on one incident    holding.py  on what a plan touches
    burying.py    what the queue gave up: kept as a letter, tried once more, or told as failed
    away.py       which signals waited while nobody was here
    weighing.py   what the gate must know beside the evidence: history, repeats, surroundings
"""

from shared.pipeline.burying import bury
from shared.pipeline.deciding import again, approve, reject
from shared.pipeline.healing import heal
from shared.pipeline.looking import diagnose
from shared.pipeline.resuming import reset_breaker
from shared.pipeline.scouting import Scan, patrol, scan
from shared.pipeline.searching import take
from shared.pipeline.sweeping import check, sweep
from shared.pipeline.undoing import rollback

__all__ = [
    "Scan",
    "again",
    "approve",
    "bury",
    "check",
    "diagnose",
    "heal",
    "patrol",
    "reject",
    "reset_breaker",
    "rollback",
    "scan",
    "sweep",
    "take",
]
