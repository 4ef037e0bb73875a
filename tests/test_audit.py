"""The audit tells first what will be done, then what was; its log lines can be lost or forged by
nobody."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared import audit, breakers
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Decision, Diagnosis, Outcome, Plan, Step, Verification, Write
from shared.model.words import (
    Cause,
    FindingName,
    RemedyName,
    Result,
    State,
    Verdict,
)
from shared.store import RecordKind, SqliteStore, StaleIncident, StoreError

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HERE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers"
SHOP = ResourceId.parse(f"{HERE}/Microsoft.Web/sites/shop")
CONTOSO = ResourceId.parse(f"{HERE}/Microsoft.ContainerRegistry/registries/contoso")
STEP = Step(
    remedy=RemedyName.FIREWALL_SYNC,
    target=CONTOSO,
    summary="add 20.50.2.7",
    before=[],
    after=["20.50.2.7"],
    requests=(Write(method="PATCH", url=str(CONTOSO), body={}),) * 2,
    permissions=(),
    risk="low",
    undo="remove it",
)
PLAN = Plan.of((STEP,))
ALLOW = Decision(verdict=Verdict.ALLOW, reasons=("auto",))
OUTCOME = Outcome(
    remedy=STEP.remedy, target=CONTOSO, changed=True, detail="added 1 rule", at=NOW, after=[1]
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "medic.db")
    yield made
    made.close()


@pytest.fixture
def incident(store: SqliteStore) -> Incident:
    return store.save(
        Incident(
            id="inc-1",
            state=State.DIAGNOSING,
            resource=SHOP,
            registry=CONTOSO,
            opened=NOW,
            updated=NOW,
            cause=Cause.NETWORK_DENIED,
            diagnosis=Diagnosis(
                cause=Cause.NETWORK_DENIED,
                finding=FindingName.FIREWALL_MISSING_EGRESS,
                summary="the firewall lacks the app",
            ),
            plan=PLAN,
            decision=ALLOW,
        )
    )


def test_the_second_worker_on_an_incident_stops(store: SqliteStore, incident: Incident) -> None:
    def claim(holder: str, now: datetime) -> Incident | None:
        return audit.claim("inc-1", store=store, holder=holder, now=now)

    assert claim("one", NOW) == incident
    assert claim("two", NOW) is None
    assert claim("one", NOW) == incident
    assert claim("two", NOW + 2 * audit.CLAIM) == incident


def test_a_released_incident_can_be_claimed_at_once(store: SqliteStore, incident: Incident) -> None:
    audit.claim("inc-1", store=store, holder="one", now=NOW)
    audit.release("inc-1", store=store, holder="one")

    assert audit.claim("inc-1", store=store, holder="two", now=NOW) == incident


def test_claiming_what_is_not_there_leaves_nothing_behind(store: SqliteStore) -> None:
    assert audit.claim("inc-9", store=store, holder="one", now=NOW) is None
    assert store.lease("incident/inc-9", holder="two", until=NOW, now=NOW)


def test_a_stage_is_a_line_of_the_story_and_a_record(
    store: SqliteStore, incident: Incident
) -> None:
    moved = audit.note(
        incident, "held", "waits for a person", store=store, now=NOW, state=State.HELD
    )

    [kept] = store.records("inc-1")
    assert store.load("inc-1") == moved
    assert (moved.state, moved.timeline[-1].text) == (State.HELD, "waits for a person")
    assert (kept.kind, kept.stage, kept.text) == (RecordKind.CHANGE, "held", "waits for a person")
    assert (kept.actor, kept.writes, kept.plan) == ("medic", 0, PLAN.digest)


def test_the_intent_counts_against_the_limits_before_anything_was_written(
    store: SqliteStore, incident: Incident
) -> None:
    moved = audit.intend(incident, store=store, now=NOW)

    [kept] = store.records("inc-1")
    assert moved.state is State.APPLYING
    assert (kept.kind, kept.writes) == (RecordKind.INTENT, 2)
    assert kept.detail["plan"]["steps"][0]["after"] == ["20.50.2.7"]
    assert store.history(CONTOSO, "", now=NOW + timedelta(minutes=1)).registry_writes_last_hour == 2


@pytest.mark.parametrize(
    "decision", [None, Decision(verdict=Verdict.HOLD, reasons=()), replace(ALLOW, verdict="deny")]
)
def test_what_the_gate_did_not_allow_cannot_be_intended(
    store: SqliteStore, incident: Incident, decision: Decision | None
) -> None:
    with pytest.raises(ValueError, match="inc-1"):
        audit.intend(replace(incident, decision=decision), store=store, now=NOW)

    assert store.records("inc-1") == ()


def test_outcome_and_proof_follow_the_intent(store: SqliteStore, incident: Incident) -> None:
    proof = Verification(result=Result.HEALED, proof="state Started", checked=NOW)

    moved = audit.intend(incident, store=store, now=NOW)
    moved = audit.done(moved, OUTCOME, store=store, now=NOW)
    moved = audit.verified(moved, proof, state=State.HEALED, store=store, now=NOW)

    kinds = [record.kind for record in store.records("inc-1")]
    assert kinds == [RecordKind.INTENT, RecordKind.OUTCOME, RecordKind.VERIFICATION]
    assert store.load("inc-1") == moved
    assert (moved.outcome, moved.verification, moved.state) == ((OUTCOME,), proof, State.HEALED)
    assert [moment.stage for moment in moved.timeline] == ["intent", "outcome", "verification"]


def test_a_stale_worker_keeps_no_intent_and_so_must_not_write(
    store: SqliteStore, incident: Incident
) -> None:
    audit.note(incident, "rejected", "by a person", store=store, now=NOW, state=State.REJECTED)

    with pytest.raises(StaleIncident):
        audit.intend(incident, store=store, now=NOW)

    assert [record.kind for record in store.records("inc-1")] == [RecordKind.CHANGE]


def test_the_breaker_opens_after_as_many_failures_as_the_policy_says(
    store: SqliteStore, incident: Incident
) -> None:
    failed = Verification(result=Result.FAILED, proof="still denied", checked=NOW)
    breaker: dict[str, Any] = {"after": 3, "everywhere": 6, "within": timedelta(hours=1)}

    moved, tripped = incident, []
    for _ in range(3):
        moved = audit.verified(moved, failed, state=State.FAILED, store=store, now=NOW)
        tripped.append(breakers.trip_if_failing(moved, **breaker, store=store, now=NOW))

    assert tripped == [False, False, True]
    assert "3 fixes" in (store.history(CONTOSO, "", now=NOW).breaker or "")


def test_every_stage_is_one_structured_line(
    store: SqliteStore, incident: Incident, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="shared.audit"):
        audit.intend(incident, store=store, now=NOW)

    [line] = caplog.records
    fields = ("incident", "stage", "resource", "registry", "cause", "finding", "remedy", "verdict")
    assert line.getMessage() == "inc-1: add 20.50.2.7"
    assert [getattr(line, name) for name in fields] == [
        "inc-1",
        "intent",
        str(SHOP),
        str(CONTOSO),
        "network-denied",
        "firewall-missing-egress",
        "firewall-sync",
        "allow",
    ]


def test_what_is_not_known_yet_is_an_empty_field(
    incident: Incident,
) -> None:
    bare = Incident(id="inc-2", state=State.RECEIVED, resource=SHOP, opened=NOW, updated=NOW)

    assert audit.fields(bare, "received") == {
        "incident": "inc-2",
        "stage": "received",
        "resource": str(SHOP),
        "registry": "",
        "cause": "",
        "finding": "",
        "remedy": "",
        "verdict": "",
    }


def test_a_name_cannot_forge_a_log_line(
    store: SqliteStore, incident: Incident, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "shop\r\n2026 INFO inc-1: healed\u2028\u202e\x1b[31m\ud800"

    with caplog.at_level(logging.INFO, logger="shared.audit"):
        audit.note(incident, "held\n", forged, store=store, now=NOW)

    [line] = caplog.records
    assert line.getMessage() == (
        "inc-1: shop\\u000d\\u000a2026 INFO inc-1: healed\\u2028\\u202e\\u001b[31m\\ud800"
    )
    assert line.__dict__["stage"] == "held\\u000a"
    assert store.records("inc-1")[0].text == forged


def test_a_log_line_has_a_bounded_length() -> None:
    assert len(audit.plain("x" * 10_000)) == 2001
    assert audit.plain("Zoë – 名前") == "Zoë – 名前"


def test_losing_the_log_loses_nothing_of_the_audit(store: SqliteStore, incident: Incident) -> None:
    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise OSError("telemetry is down")

    broken = Broken()
    audit.log.addFilter(broken)
    audit.log.setLevel(logging.INFO)
    try:
        audit.note(incident, "held", "waits", store=store, now=NOW)
    finally:
        audit.log.removeFilter(broken)
        audit.log.setLevel(logging.NOTSET)

    assert [record.text for record in store.records("inc-1")] == ["waits"]


def test_losing_the_audit_stops_the_work_and_logs_nothing(
    store: SqliteStore,
    incident: Incident,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.close()
    (tmp_path / "medic.db").write_bytes(b"not a database at all" * 400)

    with caplog.at_level(logging.INFO, logger="shared.audit"), pytest.raises(StoreError):
        audit.intend(incident, store=store, now=NOW)

    assert caplog.records == []
