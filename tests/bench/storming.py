"""
The storm as a table: in rounds, beside as many apps for each of two registries one by one.

In:  STORM (`apps x registries x workers`) from the environment; `1000x20x20` is the whole storm,
     the default is one that two cores weather in a few minutes.
Out: a Table: also what was left without proof or lost, where anything was.
"""

import os

from tests.bench.measuring import Row, Table
from tests.bench.storm import Storm, run

_DEFAULT = "120x4x8"
_ALONE = 2  # registries of the storm that is treated one by one


def measure() -> Table:
    """Both storms, one after the other."""
    apps, registries, workers = map(int, os.environ.get("STORM", _DEFAULT).split("x"))
    ours = run(apps=apps, registries=registries, workers=workers)
    few = min(_ALONE, registries)
    theirs = run(apps=apps * few // registries, registries=few, workers=workers, alone=True)
    return _told(ours, theirs, registries, few, workers)


def _told(ours: Storm, theirs: Storm, registries: int, few: int, workers: int) -> Table:
    def row(what: str, mine: float, other: float, unit: str = "") -> Row:
        return Row.of(what, [mine], [other], unit)

    return Table(
        name="storm",
        title=f"A storm: {ours.apps:,} apps of {registries} registries fail at once",
        ours="in rounds",
        theirs="one by one",
        rows=(
            row("most writes at one registry", ours.most_patches, theirs.most_patches),
            row("writes for each registry", ours.patches / registries, theirs.patches / few),
            row("resource manager calls for each app", ours.calls_per_app, theirs.calls_per_app),
            row("apps without proof", ours.apps - ours.healed, theirs.apps - theirs.healed),
            row("addresses not let in", ours.lacking, theirs.lacking),
            row(
                "another administrator's rules lost or brought back",
                ours.theirs_lost + ours.theirs_back,
                theirs.theirs_lost + theirs.theirs_back,
            ),
            row("messages poisoned", ours.poisoned, theirs.poisoned),
            row(
                "seconds from the first alert to the last proof, for each app",
                ours.seconds / ours.apps,
                theirs.seconds / theirs.apps,
                "s",
            ),
        ),
        meaning="What many at once cost: one reading and one write of a registry serve every app "
        "that pulls from it, and each incident still keeps its own decision, outcome and way back.",
        method=f"""{workers} worker processes and one for the timer, on Azurite's queue, tables and
leases, against the simulated Azure on the wall clock, over TLS; a thousand alerts a minute, while
another administrator adds or removes a rule every second. Counted from outside: in the simulated
Azure's traffic, its state and the store. One by one: the same product with rounds switched off,
{theirs.apps} apps of {few} registries, so as many for each registry.""",
    )
