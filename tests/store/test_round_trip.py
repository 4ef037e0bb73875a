"""Any incident and any record that is kept comes back equal."""

import itertools
import os
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.evidence import Fact
from shared.model.ids import ResourceId
from shared.model.incident import Calls, Heard, Incident, Moment
from shared.model.plan import (
    Decision,
    Diagnosis,
    Outcome,
    Plan,
    RuledOut,
    Step,
    Verification,
    Write,
)
from shared.model.words import (
    Cause,
    FindingName,
    Host,
    RemedyName,
    Result,
    State,
    Verdict,
)
from shared.store import Record, RecordKind, SqliteStore, tables
from tests.store import azurite
from tests.store.makers import incident, site
from tests.store.places import account

TEXT = st.text(st.characters(), max_size=12)  # lone surrogates and control characters included
CLEAN = st.text(max_size=12)  # what a database column can hold
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
IDS = st.builds(
    lambda sub, name: ResourceId(
        f"/subscriptions/{sub}/resourceGroups/Rg/providers/Microsoft.Web/sites/{name}"
    ),
    st.just(UUID(int=7)),
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}", fullmatch=True),
)


def some(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


FACTS = st.builds(Fact, fact=TEXT, value=TEXT, source=TEXT)
WRITES = st.builds(
    Write, method=TEXT, url=TEXT, body=st.none() | st.dictionaries(TEXT, JSON, max_size=2)
)
STEPS = st.builds(
    Step,
    remedy=st.sampled_from(RemedyName),
    target=IDS,
    summary=TEXT,
    before=JSON,
    after=JSON,
    requests=some(WRITES),
    permissions=some(TEXT),
    risk=TEXT,
    undo=TEXT,
    doubts=some(TEXT),
)
INCIDENTS = st.builds(
    Incident,
    id=st.just("inc-1"),
    state=st.sampled_from(State),
    resource=IDS,
    opened=MOMENTS,
    updated=MOMENTS,
    host=st.none() | st.sampled_from(Host),
    image=st.none() | TEXT,
    registry=st.none() | IDS,
    cause=st.none() | st.sampled_from(Cause),
    signals=st.lists(
        st.builds(Heard, id=CLEAN, source=CLEAN, at=MOMENTS, text=CLEAN),
        max_size=3,
        unique_by=lambda heard: heard.id,
    ).map(tuple),
    diagnosis=st.none()
    | st.builds(
        Diagnosis,
        cause=st.sampled_from(Cause),
        finding=st.sampled_from(FindingName),
        summary=TEXT,
        also=some(st.sampled_from(FindingName)),
        facts=some(FACTS),
        ruled_out=some(st.builds(RuledOut, finding=st.sampled_from(FindingName), because=TEXT)),
        doubts=some(TEXT),
    ),
    plan=st.none()
    | st.builds(
        Plan,
        steps=some(STEPS),
        advice=some(TEXT),
        infrastructure_change=st.none() | TEXT,
        digest=TEXT,
    ),
    decision=st.none()
    | st.builds(Decision, verdict=st.sampled_from(Verdict), reasons=some(TEXT), rules=some(TEXT)),
    outcome=some(
        st.builds(
            Outcome,
            remedy=st.sampled_from(RemedyName),
            target=IDS,
            changed=st.booleans(),
            detail=TEXT,
            at=MOMENTS,
            failed=st.booleans(),
            before=JSON,
            after=JSON,
        )
    ),
    verification=st.none()
    | st.builds(
        Verification,
        result=st.sampled_from(Result),
        proof=TEXT,
        checked=MOMENTS,
        due=st.none() | MOMENTS,
    ),
    timeline=some(st.builds(Moment, at=MOMENTS, stage=TEXT, text=TEXT)),
    azure_calls=st.builds(Calls, reads=st.integers(0, 99), writes=st.integers(0, 99)),
    approved=st.none() | TEXT,
    approved_by=st.none() | TEXT,
)
RECORDS = st.builds(
    Record,
    incident=st.just("inc-1"),
    at=MOMENTS,
    kind=st.sampled_from(RecordKind),
    stage=TEXT,
    text=TEXT,
    actor=TEXT,
    resource=st.none() | CLEAN,
    registry=st.none() | CLEAN,
    plan=st.none() | CLEAN,
    writes=st.integers(0, 99),
    result=st.none() | st.sampled_from(Result),
    detail=JSON,
)
HERE = settings(max_examples=50, deadline=None)


@HERE
@given(INCIDENTS)
def test_any_incident_that_is_saved_loads_equal(kept: Incident) -> None:
    store = SqliteStore(":memory:")

    saved = store.save(kept)

    assert saved == replace(kept, version=1)
    assert store.load("inc-1") == saved
    assert store.page().incidents == (saved,)
    store.close()


@HERE
@given(st.lists(RECORDS, max_size=4))
def test_any_records_that_are_kept_come_back_equal_and_in_order(records: list[Record]) -> None:
    store = SqliteStore(":memory:")

    for record in records:
        store.record(record)

    assert store.records("inc-1") == tuple(records)
    store.close()


def test_a_read_only_mapping_is_kept_as_the_mapping_it_is() -> None:
    store = SqliteStore(":memory:")
    write = Write(method="PATCH", url="/x", body=MappingProxyType({"a": MappingProxyType({})}))
    step = Step(
        remedy=RemedyName.RESTART, target=site(), summary="", before=None, after=None,
        requests=(write,), permissions=(), risk="", undo="",
    )  # fmt: skip

    store.save(incident(plan=Plan(steps=(step,))))

    kept = store.load("inc-1")
    assert kept is not None
    assert kept.plan is not None
    assert kept.plan.steps[0].requests[0].body == {"a": {}}
    store.close()


@pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))
def test_any_incident_and_any_records_come_back_equal_from_an_account() -> None:
    number = itertools.count()

    @settings(max_examples=15, deadline=None)
    @given(INCIDENTS, st.lists(RECORDS, max_size=3))
    def comes_back(kept: Incident, records: list[Record]) -> None:
        store = account(f"roundtrip{os.getpid()}x{next(number)}")

        saved = store.save(kept, *records)

        assert store.load("inc-1") == saved
        assert store.page().incidents == (saved,)
        assert store.records("inc-1") == tuple(records)
        store.close()

    comes_back()


def test_an_account_is_asked_in_the_words_of_its_cloud() -> None:
    for suffix, audience in (
        ("core.windows.net", "https://storage.azure.com"),
        ("core.chinacloudapi.cn", "https://storage.azure.cn"),
        ("core.usgovcloudapi.net", "https://storage.azure.us"),
    ):
        store = tables.connect(f"https://medic.table.{suffix}", SimpleNamespace(get_token=None))

        asked = store._table._service._client._client._pipeline._impl_policies
        scopes = [getattr(one, "_scopes", ()) for one in asked]
        assert (f"{audience}/.default",) in scopes
        assert store._leases._service.url == f"https://medic.blob.{suffix}/"
