"""
Telling: what a person is to know, once a minute, outside every heal.

In:  the Medic; its store's outbox says what nobody was told yet.
Out: messages in the channels of MEDIC_NOTIFY; what certainly reached nobody is tried again later.

Its own function on its own timer: a heal puts its change up in the transaction it makes anyway and
waits for no channel, and a channel that hangs delays neither heals nor the sweep. The minute is
also what makes one message of a storm: what came to rest in it at one registry is told together.
An incident that has moved on meanwhile is told as it stands, once. Nothing here touches Azure.
"""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from shared import notices
from shared.clients.channels import Channel, Message, Sent
from shared.errors import HealError
from shared.medic import Medic
from shared.model import selftest
from shared.model.incident import Incident
from shared.model.words import State
from shared.notices import Notice
from shared.store.outbox import Channel as Fared
from shared.store.outbox import Untold

log = logging.getLogger("medic.tell")

_AT_ONCE = 1000  # changes told in one go; the next minute takes the rest
_TOGETHER = 3  # so many of one registry in one minute are one message
_MOST = 8  # messages in one go; more of them are one
_LONGEST = 90.0  # seconds for all channels
_TRIES = 8
_STALE = timedelta(days=1)
#: Rules by which an owner said that a workload is none of this service's business.
_LEFT_ALONE = frozenset({"scope", "not-opted-out"})
#: States in which a person's turn is over once the incident has left them.
_PASSING = frozenset({State.HELD, State.DENIED, State.EXPLAINED, State.UNVERIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One message, and what it tells of."""

    notice: Notice
    of: tuple[Untold, ...]


def tell(*, medic: Medic) -> int:
    """Tell what is to be told now; the number of messages made."""
    outbox, now = medic.store.outbox, medic.now()
    taken = outbox.take(outbox.waiting(now, _AT_ONCE))
    channels = medic.channels
    fresh = [one for one in taken if now - one.since <= _STALE] if channels else []
    messages = _messages(fresh, medic)
    telling = {one for message in messages for one in message.of}
    for one in taken:
        if one not in telling:
            outbox.settle(one, again=None)  # nobody to tell, too old, or no longer so
    sent = _send(messages, channels)
    for message in messages:
        _settle(message, sent, channels, medic)
    for channel in channels:
        _remember(channel, sent, medic)
    return len(messages)


def _messages(ones: list[Untold], medic: Medic) -> list[_Told]:
    """What is to be said, breakers first."""
    console = medic.settings.console
    trips = {one.scope: one for one in medic.store.breakers()}
    made = [
        _Told(
            notice=notices.tripped(one.about, trips[one.about].because, console=console), of=(one,)
        )
        for one in ones
        if one.what == "tripped" and one.about in trips
    ]
    pairs = _as_they_stand(ones, medic)
    groups = [list(group) for _, group in groupby(sorted(pairs, key=_place), key=_place)]
    plain = [[pair] for group in groups if len(group) < _TOGETHER for pair in group]
    storms = [group for group in groups if len(group) >= _TOGETHER]
    if len(plain) + len(storms) > _MOST:
        plain, storms = [], [pairs]
    made += [
        _Told(notice=notices.single(incident, console=console), of=(one,))
        for ((one, incident),) in plain
    ]
    return made + [_storm(group, console) for group in storms]


def _storm(group: list[tuple[Untold, Incident]], console: str | None) -> _Told:
    incidents = [incident for _, incident in group]
    places = {one.registry for one in incidents}
    registry = incidents[0].registry if len(places) == 1 else None
    notice = notices.digest(incidents, registry, console=console)
    return _Told(notice=notice, of=tuple(one for one, _ in group))


def _as_they_stand(ones: Iterable[Untold], medic: Medic) -> list[tuple[Untold, Incident]]:
    """The incidents to tell of; of one that came to rest twice, only how it stands now."""
    found: dict[str, tuple[Untold, Incident]] = {}
    for one in ones:
        if one.what == "tripped":
            continue
        try:
            incident = medic.store.load(one.about)
        except HealError as error:
            log.warning("Nobody is told of %s: %s", one.about, error)
            continue
        if incident is not None and _still_matters(one, incident):
            state = State(one.what)
            found[one.about] = (one, incident if incident.state is state else _as(incident, state))
    return list(found.values())


def _still_matters(one: Untold, incident: Incident) -> bool:
    """Whether it is still so, or at least news. Who is not to be woken: whoever's turn is over,
    those whose policy leaves the workload alone, and anybody for a self-test."""
    if selftest.is_one(incident.resource):
        return False
    if incident.decision and _LEFT_ALONE & set(incident.decision.rules):
        return False
    return incident.state.value == one.what or State(one.what) not in _PASSING


def _as(incident: Incident, state: State) -> Incident:
    """As it was when it was put up: a healed incident that was closed since is told as healed."""
    return replace(incident, state=state)


def _place(pair: tuple[Untold, Incident]) -> tuple[str, tuple[str, ...]]:
    """Told together: what is of one registry and has reached the same channels so far."""
    one, incident = pair
    return (incident.registry.key if incident.registry else "", one.reached)


def _send(messages: list[_Told], channels: tuple[Channel, ...]) -> dict[tuple[str, str], Sent]:
    """Every channel at its own pace, all side by side; by channel and message."""
    sent: dict[tuple[str, str], Sent] = {}
    if not messages or not channels:
        return sent
    pool = ThreadPoolExecutor(max_workers=len(channels), thread_name_prefix="channel")
    wait([pool.submit(_use, one, messages, sent) for one in channels], timeout=_LONGEST)
    pool.shutdown(wait=False, cancel_futures=True)
    return dict(sent)


def _use(channel: Channel, messages: list[_Told], sent: dict[tuple[str, str], Sent]) -> None:
    """All messages through one channel; after the first that fails it is left alone for now."""
    for message in messages:
        if channel.name in message.of[0].reached:
            continue
        notice = message.notice
        said = Message(
            key=notice.key,
            kind=notice.tone.value,
            title=notice.title,
            text=notice.text,
            brief=notice.brief,
            link=notice.link,
        )
        sent[channel.name, notice.key] = Sent(error="did not answer in time")
        told = channel.send(said)
        sent[channel.name, notice.key] = told
        if told.error is not None:
            return


def _settle(
    message: _Told,
    sent: dict[tuple[str, str], Sent],
    channels: tuple[Channel, ...],
    medic: Medic,
) -> None:
    """What certainly did not reach a channel is put back, and waits longer each time. Where nobody
    knows whether it did, it counts as told: nothing is told twice."""
    open_ones, reached = False, list(message.of[0].reached)
    for channel in channels:
        if channel.name in reached:
            continue
        told = sent.get((channel.name, message.notice.key), Sent(error="not its turn", again=True))
        if told.error is not None and told.again:
            open_ones = True
        else:
            reached.append(channel.name)
    for one in message.of:
        later = medic.now() + timedelta(minutes=2 ** (one.tries - 1))
        again = later if open_ones and one.tries < _TRIES else None
        medic.store.outbox.settle(replace(one, reached=tuple(reached)), again=again)


def _remember(channel: Channel, sent: dict[tuple[str, str], Sent], medic: Medic) -> None:
    used = [told for (name, _), told in sent.items() if name == channel.name]
    if not used:
        return
    error = next((told.error for told in used if told.error is not None), None)
    medic.store.outbox.fared(Fared(name=channel.name, at=medic.now(), error=error))
    if error is not None:
        log.warning("MEDIC_NOTIFY %s: %s", channel.label, error, extra={"stage": "tell"})
