"""The query engine against what the Kusto documentation says its language does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator.kql import KqlError, Table, run

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)

EVENTS = Table.of(
    {"at": "datetime", "app": "string", "took": "long", "detail": "dynamic", "ok": "bool"},
    [
        {"at": "2026-08-01T11:59:00Z", "app": "shop", "took": 5, "detail": {"a": [1, {"b": "x"}]}},
        {"at": "2026-08-01T11:30:00Z", "app": "shop", "took": 9, "ok": True},
        {"at": "2026-08-01T09:15:30.5Z", "app": "Blog", "took": None, "ok": False},
    ],
    "Events",
)


def ask(query: str) -> Table:
    return run(query, {"Events": EVENTS}.get, NOW)


def rows(query: str) -> list[list[Any]]:
    return [list(row.values()) for row in ask(query).rows]


def value(expression: str) -> Any:
    return rows(f"print {expression}")[0][0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # terms, parts and case
        ('"ImagePullFailure" has "ImagePull"', False),
        ('"ImagePullFailure" contains "imagepull"', True),
        ('"ImagePullFailure" contains_cs "imagepull"', False),
        ('"ImagePullFailure" hasprefix "image"', True),
        ('"Image.Pull" has "pull"', True),
        ('"Image.Pull" has_cs "pull"', False),
        ('"Image.Pull" !has "pull"', False),
        ('"a b-c" has_any ("x", "B")', True),
        ('"a b-c" has_all ("a", "x")', False),
        ('"Shop" == "shop"', False),
        ('"Shop" =~ "shop"', True),
        ('"Shop" !~ "shop"', False),
        ('"Shop" startswith "sh"', True),
        ('"Shop" !startswith "sh"', False),
        ('"Shop" startswith_cs "sh"', False),
        ('"Shop" endswith "OP"', True),
        ('"Shop" in ("shop")', False),
        ('"Shop" in~ ("blog", "shop")', True),
        ('"Shop" !in ("shop")', True),
        ('"Shop" in~ (dynamic(["shop"]))', True),
        ('"a1" matches regex @"^[a-z]\\d$"', True),
        # numbers, time, logic
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("7.0 / 2", 3.5),
        ("7 % 4", 3),
        ("-3", -3),
        ("3 between (1 .. 3)", True),
        ("3 !between (1 .. 3)", False),
        ("1 == 1 and not(false) or false", True),
        ("now() - ago(90s) == 1.5m", True),
        ("datetime(2026-08-01) + 1d == datetime(2026-08-02T00:00:00Z)", True),
        ("bin(datetime(2026-08-01T11:47:12Z), 15m)", datetime(2026, 8, 1, 11, 45, tzinfo=UTC)),
        ("bin(17, 5)", 15),
        ("timespan(01:30:00) / 1h", 1.5),
        ("1h", timedelta(hours=1)),
        # text functions
        ('strcat("a", 1, true)', "a1true"),
        ('split("a/b/c", "/")[1]', "b"),
        ('tostring(split("a/b/c", "/"))', '["a","b","c"]'),
        ('extract(@"LastError: (\\w+)", 1, "x LastError: Boom, y")', "Boom"),
        ('extract(@"nothing", 0, "x")', ""),
        ('substring("abcdef", 2, 3)', "cde"),
        ('indexof("abc", "c")', 2),
        ('replace_string("a.b.c", ".", "-")', "a-b-c"),
        ('toupper("aé")', "AÉ"),
        ('strlen("abc")', 3),
        ("'it''s'", None),
        (r'"tab\tquote\" \u0041"', 'tab\tquote" A'),
        (r'@"raw\t""q"""', 'raw\\t"q"'),
        # conversions and nulls
        ('toint("12")', 12),
        ('toint("twelve")', None),
        ('tolong("0x10")', 16),
        ('todouble("1.5")', 1.5),
        ('tobool("TRUE")', True),
        ('todatetime("04/04/2026 05:26:28")', datetime(2026, 4, 4, 5, 26, 28, tzinfo=UTC)),
        ("tostring(datetime(2026-08-01T10:00:00.5Z))", "2026-08-01T10:00:00.5000000Z"),
        ('isempty("")', True),
        ("isnull(int(null))", True),
        ('isnotempty("x") and isnotnull(1)', True),
        ('coalesce("", "b")', "b"),
        ("int(null) == 1", False),
        ("int(null) != 1", True),
        ("int(null) > 1", None),
        ('iff(1 > 2, "a", "b")', "b"),
        ('case(1 > 2, "a", 2 > 1, "b", "c")', "b"),
        # dynamic
        ('parse_json("{\\"a\\": [1, 2]}").a[1]', 2),
        ("dynamic({'a': {'b': [10, -20]}})['a'].b[1]", -20),
        ("dynamic([1, 2, 3])[-1]", 3),
        ("dynamic({'a': 1}).missing.further", None),
        ("array_length(dynamic([1, 2]))", 2),
    ],
)
def test_expressions_mean_what_the_documentation_says(expression: str, expected: Any) -> None:
    if expression == "'it''s'":
        with pytest.raises(KqlError, match="SYN0002"):
            value(expression)
        return

    assert value(expression) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Events | where ok | project took", [[9]]),
        ("Events | where not(ok) | project app", [["Blog"]]),
        ("Events | where took > 1 | count", [[2]]),
        ("Events | where at > ago(1h) | project app, took", [["shop", 5], ["shop", 9]]),
        ("Events | top 1 by took | project took", [[9]]),
        ("Events | sort by took asc | project took", [[None], [5], [9]]),
        ("Events | order by took | project took", [[9], [5], [None]]),
        ("Events | order by took nulls first | project took", [[None], [9], [5]]),
        ("Events | order by app asc, took desc | project took", [[None], [9], [5]]),
        ("Events | take 2 | project took", [[5], [9]]),
        ("Events | distinct app", [["shop"], ["Blog"]]),
        ("Events | extend took = took * 2 | project took", [[10], [18], [None]]),
        ("Events | project-rename name = app | distinct name", [["shop"], ["Blog"]]),
        ("Events | project-away at, detail, o* | take 1", [["shop", 5]]),
        ("Events | project-keep t*, app | take 1", [["shop", 5]]),
        ("Events | summarize count() by app", [["shop", 2], ["Blog", 1]]),
        ("Events | summarize n = countif(took > 5), max(took), min(took)", [[1, 9, 5]]),
        ("Events | summarize arg_max(took, at) by app | project took", [[9], [None]]),
        ("Events | summarize arg_min(at, *) | project app", [["Blog"]]),
        ("Events | summarize make_set(app), make_list(took)", [[["shop", "Blog"], [5, 9]]]),
        ("Events | summarize dcount(app), take_any(app)", [[2, "shop"]]),
        ("Events | summarize spread = max(took) - min(took)", [[4]]),
        ("Events | where false | summarize count()", [[0]]),
        ("Events | where false | summarize count() by app", []),
        ("Events | mv-expand part = detail.a | where isnotnull(part) | count", [[2]]),
        ('Events | parse app with "s" rest | project rest', [["hop"], ["hop"], [""]]),
        ("let few = Events | take 1; few | project app", [["shop"]]),
        ("let n = toscalar(Events | count); print n", [[3]]),
        ("Events | where app in ((Events | where ok | project app)) | count", [[2]]),
        ("range n from 1 to 5 step 2", [[1], [3], [5]]),
        ("datatable(a: string, b: int)['x', 1, 'y', 2] | where b > 1", [["y", 2]]),
        ("Events | where app == 'Blog' | union (Events | where ok) | count", [[2]]),
        (
            "Events | join kind=inner (print app = 'shop', owner = 'ann') on app | distinct owner",
            [["ann"]],
        ),
        (
            "Events | join kind=leftouter (print name = 'shop', who = 'ann') "
            "on $left.app == $right.name | project who",
            [["ann"], ["ann"], [""]],
        ),
        ("// a comment\nEvents // another\n| count;", [[3]]),
    ],
)
def test_operators_give_the_rows_the_documentation_says(query: str, expected: list[Any]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("print 1, b = 'x'", ["print_0", "b"]),
        ("Events | project tostring(detail.a[0]), strcat(app, 'x')", ["detail_a_0", "Column1"]),
        ("Events | summarize count() by bin(at, 1h)", ["at", "count_"]),
        ("Events | summarize max(took), make_set(app)", ["max_took", "set_app"]),
        ("Events | summarize Newest = arg_max(at, app)", ["Newest", "app"]),
        (
            "Events | join kind=inner (Events) on app | take 0",
            ["at", "app", "took", "detail", "ok"],
        ),
        ("union withsource=From Events, (print took = 1)", ["From", *EVENTS.columns]),
        ("union (print a = 1), (print a = 'x')", ["a_long", "a_string"]),
    ],
)
def test_columns_get_the_names_kusto_gives_them(query: str, columns: list[str]) -> None:
    assert list(ask(query).columns)[: len(columns)] == columns


def test_a_column_keeps_its_type_also_over_no_rows() -> None:
    table = ask("Events | where false | extend later = at + 1h, n = took / 2, j = detail.x")

    assert table.rows == []
    assert table.columns["later"] == "datetime"
    assert table.columns["n"] == "long"
    assert table.columns["j"] == "dynamic"


def test_a_fuzzy_union_forgives_missing_tables_and_nothing_else() -> None:
    assert rows("union isfuzzy=true Missing, (Gone | where x > 1), Events | count") == [[3]]
    assert rows("let gone = Gone | where x > 1; union isfuzzy=true gone, Events | count") == [[3]]
    with pytest.raises(KqlError, match="named 'Missing'"):
        ask("union Missing, Events")
    with pytest.raises(KqlError, match="named 'Gone'"):
        ask("union isfuzzy=true Missing, Gone")
    with pytest.raises(KqlError, match="scalar expression named 'nothing'"):
        ask("union isfuzzy=true Missing, (Events | where nothing == 1)")


def test_a_column_that_may_not_exist_has_a_stand_in() -> None:
    assert rows("Events | take 1 | project column_ifexists('app', 'none')") == [["shop"]]
    assert rows("Events | take 1 | project column_ifexists('App', 'none')") == [["none"]]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        (
            "Nope | take 1",
            "SEM0100",
            "'take' operator: Failed to resolve table or column expression",
        ),
        (
            "Events | where nope == 1",
            "SEM0100",
            "'where' operator: Failed to resolve column or scalar",
        ),
        ("Events | where App == 1", "SEM0100", "named 'App'"),
        ("Events | project-away nope", "SEM0100", "'project-away' operator"),
        ("Events | extend x = nope(1)", "SEM0260", "Unknown function: 'nope'"),
        ("Events | extend x = strlen()", "SEM0219", "expects 1 argument"),
        ("Events | where at == 'yesterday'", "SEM0064", "types datetime and string"),
        ("Events | where took has 'x'", "SEM0025", "cannot be applied"),
        ("Events | where app", "SEM0021", "must be of type bool"),
        ("Events | extend x = app + 1", "SEM0025", "between string and long"),
        ("Events | extend x = app.b", "SEM0015", "must be of type dynamic"),
        ("Events | summarize count() by detail", "SEM0024", "'dynamic' type"),
        ("Events | order by detail", "SEM0024", "dynamic type"),
        ("Events | mv-expand app", "SEM0234", "must be dynamic"),
        ("Events | where app matches regex '(?=a)'", "SEM0420", "ill-formed"),
        ("Events | where app matches regex '('", "SEM0420", "ill-formed"),
        ("Events | summarize sum(app)", "SEM0234", "wrong type"),
        ("Events | summarize arg_max(detail, *)", "SEM0234", "wrong type"),
        ("Events | summarize arg_max()", "SEM0219", "at least 1"),
        ("Events | summarize nope(app)", "SEM0260", "Unknown function"),
        ("Events | where at > now(took)", "SEM0234", "constant timespan"),
        ("Events | take -1", "SEM0234", "negative"),
        ("Events | join kind=anti (Events) on app", "SEM0001", "'anti' is not supported"),
        ("let a = 1; let a = 2; print a", "SEM0042", "already declared"),
        ("let a = 1;", "SEM0003", "No tabular"),
        ("1 + 1", "SEM0003", "must return tabular results"),
        ("datatable(a: nothing)[1]", "SEM0002", "unknown type"),
        ("datatable(a: int, b: int)[1]", "SEM0001", "whole rows"),
    ],
)
def test_a_query_that_means_nothing_is_refused_in_kusto_words(
    query: str, code: str, said: str
) -> None:
    with pytest.raises(KqlError) as caught:
        ask(query)

    assert caught.value.kind == "SemanticError"
    assert caught.value.code == code
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("query", "line", "position"),
    [
        ("", 1, 1),
        ("Events |\n  frobnicate x", 2, 3),
        ("Events | project 'open", 1, 18),
        ("Events | invoke run()", 1, 10),
        ("Events | evaluate bag_unpack(detail)", 1, 10),
        ("search 'x'", 1, 8),
        ('print "a\nb"', 1, 7),
        (".drop table Events", 1, 1),
    ],
)
def test_text_that_is_no_query_is_refused_with_its_place(
    query: str, line: int, position: int
) -> None:
    with pytest.raises(KqlError) as caught:
        ask(query)

    assert (caught.value.kind, caught.value.code) == ("SyntaxError", "SYN0002")
    assert (caught.value.line, caught.value.position) == (line, position)


def test_nesting_without_end_is_refused_not_crashed() -> None:
    with pytest.raises(KqlError, match="SYN0002"):
        ask("print " + "(" * 2_000 + "1" + ")" * 2_000)
