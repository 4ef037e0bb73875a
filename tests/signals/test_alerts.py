"""Alerts become signals: what is followed, what is ignored, what is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import BadInput
from shared.model.ids import ResourceId
from shared.model.signal import SignalKind
from shared.signals import LONGEST_TEXT, Intake, from_alert
from tests.payloads import BASKET, CONTOSO, SHOP, WORKSPACE, payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)


def heard(alert: Any, **more: Any) -> Intake:
    return from_alert(json.dumps(alert).encode(), now=NOW, **more)


def log_alert(*, dimensions: Any = None, **essentials: Any) -> Any:
    """A log alert on a workspace that names no workload, bent as asked."""
    alert = payload("alert-log-v2")
    alert["data"]["essentials"] |= {"configurationItems": None} | essentials
    alert["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = dimensions
    return alert


def activity_alert(**context: Any) -> Any:
    alert = payload("alert-activity")
    alert["data"]["alertContext"] |= context
    return alert


def test_a_log_alert_split_by_resource_id_is_a_failure_of_that_workload() -> None:
    intake = heard(payload("alert-log-v2"))

    (signal,) = intake.accepted
    assert signal.kind is SignalKind.FAILURE
    assert signal.resource == ResourceId.parse(SHOP)
    assert signal.source == "log-alert"
    assert signal.at == datetime(2026, 7, 14, 9, 31, 7, 482193, tzinfo=UTC)
    assert signal.window == (
        datetime(2026, 7, 14, 9, 15, tzinfo=UTC),
        datetime(2026, 7, 14, 9, 30, tzinfo=UTC),
    )
    assert intake.ignored == ()


def test_nothing_is_taken_from_free_text_links_or_the_rules_own_query() -> None:
    intake = heard(payload("alert-log-v2"))

    assert "attacker.example" not in repr(intake)
    assert "not-this-one" not in repr(intake)
    assert intake.accepted[0].text == ""


def test_two_deliveries_of_one_alert_have_one_id_whatever_the_case_of_its_resource() -> None:
    twice = payload("alert-log-v2")
    twice["data"]["essentials"]["configurationItems"] = [SHOP.upper().replace("SUBSCR", "subscr")]
    twice["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = None

    assert heard(twice).accepted[0].id == heard(payload("alert-log-v2")).accepted[0].id


def test_another_alert_about_the_same_workload_has_another_id() -> None:
    other = payload("alert-log-v2")
    other["data"]["essentials"]["alertId"] += "-2"

    assert heard(other).accepted[0].id != heard(payload("alert-log-v2")).accepted[0].id


def test_resolved_is_its_own_signal_with_its_own_id() -> None:
    resolved = payload("alert-log-v2")
    resolved["data"]["essentials"]["monitorCondition"] = "Resolved"

    (signal,) = heard(resolved).accepted

    assert signal.kind is SignalKind.RESOLVED
    assert signal.id != heard(payload("alert-log-v2")).accepted[0].id


def test_an_alert_that_names_only_the_workspace_becomes_a_search_in_its_window() -> None:
    (signal,) = heard(log_alert()).accepted

    assert signal.kind is SignalKind.SEARCH
    assert signal.resource == ResourceId.parse(WORKSPACE)
    assert signal.window is not None


def test_an_alert_split_by_container_app_names_becomes_a_search() -> None:
    names = [
        {"name": "ContainerAppName_s", "value": "basket"},
        {"name": "EnvironmentName_s", "value": "shops-env"},
    ]

    (signal,) = heard(log_alert(dimensions=names)).accepted

    assert signal.kind is SignalKind.SEARCH


def test_a_resolved_alert_that_names_only_the_workspace_is_ignored() -> None:
    intake = heard(log_alert(monitorCondition="Resolved"))

    assert intake.accepted == ()
    assert "names no workload" in intake.ignored[0].reason


def test_several_workloads_in_one_alert_are_several_signals_each_once() -> None:
    dimensions = [{"name": "ResourceId", "value": id} for id in (SHOP, BASKET, SHOP.lower())]

    signals = heard(log_alert(dimensions=dimensions)).accepted

    assert [signal.resource for signal in signals] == [
        ResourceId.parse(SHOP),
        ResourceId.parse(BASKET),
    ]
    assert len({signal.id for signal in signals}) == 2


@pytest.mark.parametrize(
    ("below", "workload"),
    [
        (f"{SHOP}/slots/staging", f"{SHOP}/slots/staging"),
        (f"{SHOP}/config/web", SHOP),
        (f"{BASKET}/revisions/basket--x1", BASKET),
    ],
)
def test_a_child_of_a_workload_stands_for_the_workload(below: str, workload: str) -> None:
    (signal,) = heard(log_alert(configurationItems=[below])).accepted

    assert signal.resource == ResourceId.parse(workload)


def test_a_rule_scoped_to_the_workload_itself_names_it() -> None:
    (signal,) = heard(log_alert(alertTargetIDs=[SHOP])).accepted

    assert signal.resource == ResourceId.parse(SHOP)


@pytest.mark.parametrize(
    "hostile",
    [
        "/subscriptions/../../etc/passwd",
        f"{SHOP}/../other",
        f"{SHOP}?api-version=1",
        f"{SHOP}/config/<script>alert(1)</script>",
        "https://management.azure.com" + SHOP,
        "\u202e" + SHOP,
        "/" * 3000,
    ],
)
def test_text_that_is_no_resource_id_is_ignored_and_repeated_only_in_short(hostile: str) -> None:
    intake = heard(log_alert(configurationItems=[hostile], alertTargetIDs=None))

    assert intake.accepted == ()
    assert all(len(one.resource or "") <= 200 for one in intake.ignored)
    assert intake.ignored[0].reason == "not the id of a resource"


def test_a_resource_that_pulls_no_images_is_ignored_with_its_type() -> None:
    machine = CONTOSO.replace("Microsoft.ContainerRegistry/registries", "Microsoft.Compute/disks")

    intake = heard(log_alert(configurationItems=[machine], alertTargetIDs=[]))

    assert intake.accepted == ()
    assert "microsoft.compute/disks" in intake.ignored[0].reason


def test_more_workloads_than_one_alert_can_mean_are_cut_and_said() -> None:
    many = [{"name": "_ResourceId", "value": f"{SHOP}{number}"} for number in range(150)]

    intake = heard(log_alert(dimensions=many))

    assert len(intake.accepted) == 100
    assert "150 workloads" in intake.ignored[0].reason


def test_a_message_dimension_is_carried_as_untrusted_text_and_cut() -> None:
    dimensions = [
        {"name": "_ResourceId", "value": SHOP},
        {"name": "Message", "value": "DENIED " * 5000},
    ]

    (signal,) = heard(log_alert(dimensions=dimensions)).accepted

    assert signal.text.startswith("DENIED DENIED")
    assert len(signal.text) == LONGEST_TEXT


def test_null_everywhere_it_is_allowed_is_survived() -> None:
    alert = log_alert(
        alertRule=None, firedDateTime=None, originAlertId=None, monitorCondition=None, alertId=None
    )
    alert["data"]["alertContext"]["condition"] |= {
        "allOf": [None, {"dimensions": [None, {"name": None, "value": None}], "threshold": 0}],
        "windowStartTime": None,
        "windowEndTime": None,
    }
    alert["data"]["customProperties"] = None

    (signal,) = heard(alert).accepted

    assert signal.kind is SignalKind.SEARCH
    assert (signal.at, signal.window) == (NOW, None)


def test_field_names_in_lower_case_are_understood() -> None:
    def lowered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key.lower(): lowered(item) for key, item in value.items()}
        return [lowered(item) for item in value] if isinstance(value, list) else value

    assert heard(lowered(payload("alert-log-v2"))) == heard(payload("alert-log-v2"))


@pytest.mark.parametrize("threshold", ["0", 0, 0.5, None])
def test_numbers_may_be_text(threshold: Any) -> None:
    alert = payload("alert-log-v2")
    alert["data"]["alertContext"]["condition"]["allOf"][0] |= {
        "threshold": threshold,
        "metricValue": threshold,
    }

    assert len(heard(alert).accepted) == 1


def test_a_window_in_the_future_or_of_a_year_is_cut_to_the_last_day() -> None:
    alert = payload("alert-log-v2")
    alert["data"]["alertContext"]["condition"] |= {
        "windowStartTime": "2025-01-01T00:00:00Z",
        "windowEndTime": "2030-01-01T00:00:00Z",
    }

    assert heard(alert).accepted[0].window == (NOW - timedelta(hours=24), NOW)


def test_an_alert_from_the_future_happened_now() -> None:
    assert heard(log_alert(firedDateTime="2999-01-01T00:00:00Z")).accepted[0].at == NOW


def test_the_older_search_results_form_is_refused_saying_what_to_create_instead() -> None:
    with pytest.raises(BadInput, match=r"SearchResults.*scheduledQueryRules"):
        heard(payload("alert-log-v1"))


@pytest.mark.parametrize(
    "other",
    [
        {"schemaId": "Microsoft.Insights/LogAlert", "data": {"SearchResult": {"tables": []}}},
        {"schemaId": "AzureMonitorMetricAlert", "data": {}},
        {"WorkspaceId": "x", "SearchResult": {}},
        {},
        {"schemaId": 5},
        [],
        "alert",
        None,
    ],
)
def test_any_other_schema_is_refused_saying_what_to_switch_on(other: Any) -> None:
    with pytest.raises(BadInput, match="Enable the common alert schema"):
        heard(other)


@pytest.mark.parametrize(
    ("bend", "path"),
    [
        ({"data": None}, r"\$\.data"),
        ({"data": {}}, "essentials"),
        ({"data": {"essentials": []}}, r"\$\.data\.essentials"),
        ({"data": {"essentials": {"alertTargetIDs": "x"}}}, "alertTargetIDs"),
        ({"data": {"essentials": {"alertTargetIDs": [5]}}}, r"alertTargetIDs\[\.\.\.\]|\[0\]"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named_by_its_path(bend: Any, path: str) -> None:
    with pytest.raises(BadInput, match=path):
        heard(payload("alert-log-v2") | bend)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"schemaId": "\xc3\x28"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\x00",
        '{"schemaId":"azureMonitorCommonAlertSchema"}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ],
)
def test_what_is_not_json_is_refused_without_a_crash(body: bytes) -> None:
    with pytest.raises(BadInput):
        from_alert(body, now=NOW)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(payload("alert-log-v2")).encode()

    assert len(from_alert(body, now=NOW).accepted) == 1


def test_a_metric_alert_is_ignored_with_its_service() -> None:
    intake = heard(log_alert(monitoringService="Platform"))

    assert intake.accepted == ()
    assert "'Platform'" in intake.ignored[0].reason


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(BadInput, match="monitorCondition"):
        heard(log_alert(monitorCondition="Acknowledged"))


def test_a_failed_container_app_write_is_a_failure_with_azures_own_account() -> None:
    (signal,) = heard(payload("alert-activity")).accepted

    assert signal.kind is SignalKind.FAILURE
    assert signal.source == "activity-alert"
    assert signal.resource == ResourceId.parse(BASKET)
    assert "MANIFEST_UNKNOWN" in signal.text


def test_a_successful_change_is_only_a_reason_to_look() -> None:
    (signal,) = heard(activity_alert(status="Succeeded")).accepted

    assert signal.kind is SignalKind.LOOK
    assert signal.text == ""


def test_a_change_that_has_only_begun_is_ignored() -> None:
    intake = heard(activity_alert(status="Started"))

    assert intake.accepted == ()
    assert "not over" in intake.ignored[0].reason


def test_an_operation_that_concerns_no_pull_is_ignored() -> None:
    intake = heard(activity_alert(operationName="Microsoft.Storage/storageAccounts/write"))

    assert intake.accepted == ()
    assert "microsoft.storage/storageaccounts/write is not watched" in intake.ignored[0].reason


def test_our_own_change_is_ignored_by_object_id_or_client_id_in_any_case() -> None:
    for own in ("7E57AB1E-0000-4000-8000-00000000bbbb", "5d7c1e2f-0000-4000-8000-00000000AAAA"):
        intake = heard(payload("alert-activity"), own_principals={own})

        assert intake.accepted == ()
        assert intake.ignored[0].reason == "this service's own change"


def test_claims_that_are_rubbish_hide_nobody_and_break_nothing() -> None:
    for claims in ("{", "[]", 5, {"appid": {"nested": True}}, None):
        own = {"5d7c1e2f-0000-4000-8000-00000000aaaa"}

        assert heard(activity_alert(claims=claims), own_principals=own).accepted
