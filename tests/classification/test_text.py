"""What transport did to a text is undone before anybody reads it."""

import pytest

from shared.classification.text import HEAD, TAIL, lowered, matchable, readable, shortened


@pytest.mark.parametrize(
    ("delivered", "meant"),
    [
        (r"IP \u0027192.0.2.1\u0027", "IP '192.0.2.1'"),
        (r"said \\\"no\\\" twice", 'said "no" twice'),
        (r"one\ntwo\\r\\nthree", "one\ntwo\n\nthree"),
        (r"https:\/\/a.azurecr.io\/v2\/", "https://a.azurecr.io/v2/"),
        (r"\<name>.azurecr.io/\<repository\:tag>", "<name>.azurecr.io/<repository:tag>"),
        ('"Failed ""a.azurecr.io/b:1"""', '"Failed "a.azurecr.io/b:1""'),
        ("&quot;denied&quot; &lt;tag&gt;", '"denied" <tag>'),
        ("\u2018denied\u2019 \u201ctoday\u201d", "'denied' \"today\""),
        ("failed to reso \u2502\n\u2502 lve", "failed to resolve"),
        ("> one\n> two", "> one\ntwo"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\ud800 and \x00 stay", "\ud800 and \x00 stay"),
    ],
)
def test_escapes_quotes_and_frames_are_undone(delivered: str, meant: str) -> None:
    assert readable(delivered) == meant


def test_matchable_text_has_single_blanks_lower_case_and_no_emphasis() -> None:
    assert matchable("**Image  pull\n\tFailed** for `a`") == "image pull failed for a"


def test_lower_case_keeps_every_character_at_its_place() -> None:
    text = "\u0130 Image X"

    assert len(lowered(text)) == len(text)
    assert lowered(text).endswith(" image x")


def test_only_a_text_longer_than_any_platform_row_is_shortened_and_keeps_both_ends() -> None:
    row = "a" * (HEAD + TAIL)

    assert shortened(row) == row
    assert shortened("b" + row + "c").startswith("b")
    assert shortened("b" + row + "c").endswith("c")
