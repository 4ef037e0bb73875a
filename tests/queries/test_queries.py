"""The loader: values become literals, whatever is in them; files stay openable as they are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared import queries
from tests.simulator import kql
from tests.simulator.kql import Table

NOW = datetime(2026, 8, 1, 10, 10, tzinfo=UTC)
SINCE = datetime(2026, 8, 1, 9, 50, tzinfo=UTC)
FILES = sorted(
    entry.name.removesuffix(".kql")
    for entry in resources.files(queries).iterdir()
    if entry.name.endswith(".kql")
)


def no_tables(_name: str) -> Table | None:
    return None


def printed(literal: str) -> Any:
    table = kql.run(f"let given = {literal};\nprint value = given", no_tables, NOW)
    return table.rows[0]["value"]


@settings(deadline=None)
@given(st.text())
@example('"; union SecretTable //')
@example("'| take 1\n; drop\\")
@example('\\"')
@example("\u2028\x00\ud800\U0001f600")
@example("// comment")
def test_any_text_comes_out_of_its_literal_as_it_went_in(text: str) -> None:
    assert printed(queries.literal(text)) == text


@settings(deadline=None)
@given(st.text())
def test_a_text_literal_is_one_line_of_printable_ascii(text: str) -> None:
    literal = queries.literal(text)

    assert literal.isascii()
    assert literal.isprintable()


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones()))
@example(datetime(2026, 8, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))))
def test_a_moment_keeps_its_place_in_time(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return

    assert printed(queries.literal(moment)) == utc


@settings(deadline=None)
@given(st.lists(st.text()))
def test_a_list_of_texts_keeps_its_texts(texts: list[str]) -> None:
    assert printed(queries.literal(texts)) == texts


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1) | st.booleans())
def test_numbers_and_truth_keep_their_value_and_type(value: int | bool) -> None:
    result = printed(queries.literal(value))

    assert result == value
    assert type(result) is type(value)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        queries.literal(datetime(2026, 8, 1))  # noqa: DTZ001


def test_a_value_the_language_has_no_literal_for_is_refused() -> None:
    with pytest.raises(TypeError, match="no literal for dict"):
        queries.literal({"a": 1})  # type: ignore[arg-type]


def test_values_must_be_exactly_the_parameters_of_the_file() -> None:
    with pytest.raises(TypeError, match=r"site_pulls\.kql takes"):
        queries.load("site_pulls", site_id="x", since=SINCE)
    with pytest.raises(TypeError, match=r"not .*'extra'"):
        queries.load("tables", extra="x")


def test_a_query_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(LookupError, match="'nonsense'"):
        queries.load("nonsense")


@pytest.mark.parametrize("name", FILES)
def test_every_file_runs_as_it_is_in_an_empty_workspace(name: str) -> None:
    text = resources.files(queries).joinpath(f"{name}.kql").read_text(encoding="utf-8")

    assert kql.run(text, no_tables, NOW).rows == []


def containers(text: str) -> str:
    return queries.load(
        "container_failures",
        app_name=text,
        job_name="",
        environment_name="",
        since=SINCE,
        until=NOW,
        newest_only=False,
        most=10,
    )


def sites(text: str) -> str:
    return queries.load(
        "site_failures", site_id=text, since=SINCE, until=NOW, newest_only=False, most=10
    )


@pytest.mark.parametrize("made", [sites, containers])
@settings(deadline=None)
@given(text=st.text(min_size=1))
@example(text='" or true or ""=="')
@example(text='"; AppServicePlatformLogs //')
@example(text='x")) | union SecretTable | where ((""=="')
@example(text="\n;\nSecretTable")
def test_no_text_makes_a_query_read_more_than_its_tables_and_rows(
    made: Callable[[str], str], text: str
) -> None:
    asked: list[str] = []

    def find(name: str) -> Table | None:
        asked.append(name)
        others = {
            "_ResourceId": "/other",
            "ContainerAppName_s": "other",
            "Reason_s": "ErrImagePull",
        }
        words = dict.fromkeys(("Message", "ResultDescription", "Log_s"), "Image pull failed")
        row = {"TimeGenerated": NOW, **others, **words}
        columns = {c: "datetime" if c == "TimeGenerated" else "string" for c in row}
        return Table.of(columns, [row], name)

    table = kql.run(made(text), find, NOW)

    assert set(asked) <= {
        "AppServicePlatformLogs",
        "AppServiceConsoleLogs",
        "ContainerAppSystemLogs",
        "ContainerAppSystemLogs_CL",
    }
    if text.lower() not in ("/other", "other"):
        assert table.rows == []
