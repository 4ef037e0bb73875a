"""
What the service asks for, counted: the table of docs/cost.md.

In:  a few stories, told in the simulated Azure with a storage account (Azurite) as the store.
Out: Markdown. `python -m tests.costs` puts it into the page; a test compares the two.

A request is what crosses the wire once. Sign-ins are not among them: a token lasts for an hour and
more.
"""

import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport

from shared.model.ids import ResourceId
from shared.pipeline import diagnose, patrol, scan, sweep
from shared.pipeline.scouting import EVERY
from shared.pipeline.telling import tell
from shared.store import Store
from tests import documents
from tests.clinic import Clinic
from tests.simulator import estates
from tests.simulator.estates import ACR_PULL, Estate, access_cases, cases
from tests.store import azurite, places

PAGE, MARK = documents.ROOT / "docs" / "cost.md", "counted"
COLUMNS = ("reads", "writes", "log queries", "registry", "log lines", "storage")
#: POSTs that only read.
_READING = ("/list", "/listCredentials", "/listSecrets", "/resources", "/checkNameAvailability")
_MINUTES = 30 * 24 * 60


def table() -> str:
    """What each story asks for, from its signal to its end."""
    told = rows()
    head = f"| | {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * len(COLUMNS)}\n"
    body = "".join(f"| {' | '.join(row)} |\n" for row in told)
    return f"{head}{body}\n{_month(told[0][1:], told[1][1:])}"


def _month(minute: list[str], round: list[str]) -> str:
    """What the first two stories come to when nothing else happens."""
    *azure, _, storage = map(int, minute)
    *looked, _, kept = map(int, round)
    rounds = _MINUTES // int(EVERY.total_seconds() // 60)
    return (
        f"A month of 30 days in which nothing happens: {2 * _MINUTES:,} executions of two timers, "
        f"{storage * _MINUTES + kept * rounds:,}\nrequests to storage, "
        f"{sum(azure) * _MINUTES + sum(looked) * rounds:,} to Azure.\n"
    )


def rows() -> list[list[str]]:
    """One row for each story; without the emulator, "" for what storage is asked."""
    found = []
    for name, (scenario, plays) in _STORIES.items():
        with tempfile.TemporaryDirectory() as place:
            counted = _counted(scenario(), plays, Path(place))
        found.append([name, *(str(counted[one]) for one in COLUMNS[:-1]), counted["storage"]])
    return found


class _Line(RequestsTransport):
    """A line to the emulator that counts what is sent."""

    sent = 0

    def send(self, request: Any, **options: Any) -> Any:
        self.sent += 1
        return super().send(request, **options)


class _Ear(logging.Handler):
    """Hears every log line of the service."""

    heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += record.name.startswith(("shared", "medic", "functions"))


def _counted(scenario: Any, plays: Callable[[Clinic], object], place: Path) -> dict[str, Any]:
    line = _Line()
    store: Store | None = None
    if not azurite.missing():
        store = places.account(places.new_account().partition(";")[0], transport=line)
    clinic = Clinic({**scenario, "retry": [45.0]}, place, store=store)
    for workload in estates.workloads_of(scenario):
        clinic.pull(ResourceId.parse(workload))
    sweep(medic=clinic.medic)  # what only the first one of a day does
    if plays is _nothing:
        patrol(medic=clinic.medic)  # and what only one minute in fifteen does
    told, heard = len(clinic.simulator.traffic), line.sent
    ear = _Ear()
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(ear)
    try:
        plays(clinic)
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before)
        clinic.medic.store.close()
    asked = Counter(_kind(one["liveRequest"]) for one in clinic.simulator.traffic[told:])
    sent = str(line.sent - heard) if store else ""
    return {**dict.fromkeys(COLUMNS, 0), **asked, "log lines": ear.heard, "storage": sent}


def _kind(request: dict[str, Any]) -> str:
    """Which column a request counts in."""
    url = urlsplit(request["url"])
    if "loganalytics" in url.netloc:
        return "log queries"
    if ".azurecr." in url.netloc:
        return "registry"
    reads = request["method"] in ("GET", "HEAD") or url.path.endswith(_READING)
    return "reads" if reads else "writes"


def _nothing(clinic: Clinic) -> None:
    sweep(medic=clinic.medic)
    patrol(medic=clinic.medic)
    tell(medic=clinic.medic)


def _round(clinic: Clinic) -> None:
    assert patrol(medic=clinic.medic) == ()


def _diagnose(clinic: Clinic) -> None:
    diagnose(_first(clinic), None, medic=clinic.medic)


def _ends(state: str) -> Callable[[Clinic], None]:
    """The incident of the first workload, up to this state."""

    def play(clinic: Clinic) -> None:
        incident = clinic.sweep_until_done(clinic.heal(_first(clinic)))
        assert incident.state == state, incident.state

    return play


def _scan(clinic: Clinic) -> None:
    scan(medic=clinic.medic)


def _ten() -> Any:
    estate = Estate()
    for number in range(10):
        cases.add_blocked_web_app(estate, f"shop{number}", f"contoso{number}")
    return estate.scenario()


def _sixty() -> Any:
    estate = Estate()
    acr = estate.registry("contoso", deny=True, allow=("20.50.2.0/24",))
    for number in range(60):
        image = estate.image(acr, f"shop/web{number}", "4.2.1")
        site = estate.site(f"shop{number}", image=image, outbound=(f"20.50.2.{number}",))
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def _first(clinic: Clinic) -> ResourceId:
    return ResourceId.parse(estates.workloads_of(clinic.simulator.world.snapshot())[0])


_STORIES: dict[str, tuple[Callable[[], Any], Callable[[Clinic], None]]] = {
    "a minute in which nothing happens": (cases.healthy_web_app, _nothing),
    "a look over 60 web apps that can pull, every 15 minutes": (_sixty, _round),
    "`medic diagnose`, a dry run": (cases.blocked_web_app, _diagnose),
    "a false alarm: the pull works": (cases.healthy_web_app, _ends("closed")),
    "explained: the tag is missing": (cases.missing_tag, _ends("explained")),
    "healed: the registry's firewall": (cases.blocked_web_app, _ends("healed")),
    "healed: a lost pull role": (access_cases.lost, _ends("healed")),
    "`medic scan` over 60 web apps that can pull": (_sixty, _scan),
    "`medic scan` over 10 web apps kept out of 10 registries": (_ten, _scan),
}


def main() -> int:
    if why := azurite.missing():
        sys.exit(why)
    documents.put(PAGE, MARK, table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
