"""
The Medic: one per process; what the pipeline needs to work with.

In:  the Settings.
Out: the store, the policy in force, and an Azure for each incident: each made when first asked for,
     so that an alert waits for nothing but the store.

A bad setting or a bad policy never raises here: the Medic then has no policy, and the gate denies
every write. Without a policy setting the default one holds: look at everything, write nothing.
"""

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from shared.clients.clock import Clock, SetByAzure, WallClock
from shared.errors import HealError
from shared.model.ids import ResourceId
from shared.model.signal import Signal
from shared.settings import PolicyBlob, PolicyFile, Settings, SqliteFile

if TYPE_CHECKING:
    from shared.clients.azure import Azure
    from shared.clients.channels import Channel
    from shared.clients.connection import Connection
    from shared.clients.remembered import Memory
    from shared.policy import Policy
    from shared.store.interface import Store

#: How long a policy read from a file or blob counts as the one in force.
_POLICY_AGE = timedelta(seconds=60)
#: How long what a search found is good enough for putting things into groups.
_RECALLED = timedelta(minutes=1)

Answer = TypeVar("Answer")


class _Judged(NamedTuple):
    """A policy, when it was read, and what is wrong with it."""

    at: datetime
    policy: "Policy | None"
    problems: tuple[str, ...] = ()
    unread: HealError | None = None


class Medic:
    """Everything one process heals with. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        connection: "Connection | None" = None,
        store: "Store | None" = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self._name = f"medic-{secrets.token_hex(4)}"  # tells this process's leases from others'
        self._workers = itertools.count(1)
        # One clock for both, so that what Azure answers puts the store's stamps right as well.
        self._clock = connection.clock if connection else SetByAzure(clock or WallClock())
        self._given_connection = connection
        self._given_store = store
        self._lock = threading.Lock()
        self._recalling = threading.Lock()
        self._recollections: dict[str, tuple[datetime | None, Any]] = {}
        self._policy: _Judged | None = None

    @classmethod
    def connect(cls, settings: Settings) -> "Medic":
        """The Medic these settings describe. Opens nothing yet."""
        return cls(settings)

    def now(self) -> datetime:
        """The current moment, UTC."""
        return self._clock.now()

    @cached_property
    def store(self) -> "Store":
        if self._given_store is not None:
            return self._given_store
        place = self.settings.store
        if not isinstance(place, SqliteFile):
            from shared.store import tables

            return tables.connect(place.url, self.connection.credential)
        from shared.store import SqliteStore

        return SqliteStore(place.path)

    @cached_property
    def connection(self) -> "Connection":
        connection = self._given_connection or self._connected()
        connection.governor.share(self)
        return connection

    def _connected(self) -> "Connection":
        from shared.clients import cloud
        from shared.clients.connection import Connection

        return Connection(
            lambda: cloud.find(self.settings.cloud),
            workspaces=self.settings.workspaces,
            subscriptions=self.settings.subscriptions,
            clock=self._clock,
        )

    @cached_property
    def channels(self) -> "tuple[Channel, ...]":
        """Where people are told. Loads nothing before one of them is used or judged."""
        from shared.clients.channels import channels

        return channels(self.settings.notify)

    @cached_property
    def setting_problems(self) -> tuple[str, ...]:
        """What is wrong with the settings, each with what to do. Any stops every write."""
        said = [f"{p.setting} {p.message}: {p.advice}" for p in self.settings.problems]
        judged = [one.problem for one in self.channels] if self.settings.notify else []
        return (*said, *(f"MEDIC_NOTIFY {problem}" for problem in judged if problem))

    @property
    def own_principals(self) -> frozenset[str]:
        """Ids under which our own changes show up in events, as far as the settings tell."""
        own = self.settings.client_id
        return frozenset({own.lower()}) if own else frozenset()

    def recalled(
        self, key: str, ask: "Callable[[], Answer]", *, within: timedelta = _RECALLED
    ) -> "Answer":
        """What `ask` answered so lately in this process, else what it answers now. For
        finding things, never for judging them."""
        with self._recalling:
            at, answer = self._recollections.get(key, (None, None))
            if at is None or not timedelta(0) <= self.now() - at <= within:
                at, answer = self.now(), ask()
                self._recollections[key] = (at, answer)
            found: Answer = answer
            return found

    def worker(self) -> str:
        """A name for one worker, so that two threads cannot take each other's claims."""
        return f"{self._name}/{next(self._workers)}"

    def outside(self, resource: ResourceId) -> str | None:
        """Why settings or policy keep us from looking at the resource; None: they do not.

        A bad policy stops writes, not looking: then only the settings put anything out of scope.
        """
        subscriptions, policy = self.settings.subscriptions, self.policy
        if subscriptions is not None and resource.subscription.lower() not in subscriptions:
            return (
                f"{resource} is in a subscription that MEDIC_SUBSCRIPTIONS does not name; add it "
                "there to let this service look at it"
            )
        if policy is not None and policy.is_excluded(resource):
            return f"{resource} is excluded by the policy's scope"
        if policy is not None and not policy.in_scope(resource):
            return (
                f"{resource} is outside the policy's scope; add it to scope.include to let this "
                "service look at it"
            )
        return None

    def receive(self, signal: Signal) -> str:
        """The incident a signal belongs to. Cheap: the alert door waits for it."""
        return self.store.receive(signal, now=self.now()).incident

    def azure(self, memory: "Memory | None" = None, *, spent: int = 0) -> "Azure":
        """An Azure for one incident, within the policy's budget of requests, of which earlier tries
        at the same stage have `spent` some. `memory`: shared with the incidents that are looked at
        together with it."""
        from shared.clients.azure import Azure

        policy = self.policy
        budget = policy.limits.azure_calls_per_incident if policy else None
        return Azure(self.connection, budget=budget, spent=spent, memory=memory)

    def close_place(self, place: str, until: datetime) -> None:
        """The notice board on which processes tell each other what Azure closed (see
        `clients/governor.py`)."""
        self.store.close_place(place, until=until)

    def closed_places(self) -> Mapping[str, datetime]:
        """What is on it at present."""
        return self.store.closed_places(self.now())

    @property
    def policy(self) -> "Policy | None":
        """The policy in force; None when it is bad or unreadable: then nothing is written."""
        return self._judged_policy().policy

    @property
    def policy_problems(self) -> tuple[str, ...]:
        """Why there is no policy in force, one sentence each with line and key."""
        return self._judged_policy().problems

    @property
    def policy_unread(self) -> HealError | None:
        """What kept us from reading the policy; None: it was read, and may be bad all the same."""
        return self._judged_policy().unread

    def reread_policy(self) -> "Policy | None":
        """The policy in force at this very moment, for right before a write."""
        with self._lock:
            self._policy = None
        return self.policy

    def _judged_policy(self) -> "_Judged":
        with self._lock:
            now = self.now()
            if self._policy is None or now - self._policy.at > _POLICY_AGE:
                self._policy = self._read_policy(now)
            return self._policy

    def _read_policy(self, now: datetime) -> "_Judged":
        from shared import policy

        if self.setting_problems:
            return _Judged(now, None, self.setting_problems)
        source = self.settings.policy
        try:
            if source is None:
                return _Judged(now, policy.default())
            if isinstance(source, PolicyFile):
                return _Judged(now, policy.load_file(source.path))
            if isinstance(source, PolicyBlob):
                return _Judged(now, policy.load(self._blob(source.url)))
            return _Judged(now, policy.load(source.text))
        except policy.PolicyError as error:
            return _Judged(now, None, tuple(str(problem) for problem in error.problems))
        except HealError as error:
            return _Judged(now, None, (f"the policy cannot be read: {error}",), error)

    def _blob(self, url: str) -> str:
        from shared.clients import blob

        connection = self.connection
        return blob.read_text(url, credential=connection.credential, transport=connection.transport)
