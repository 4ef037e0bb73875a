"""`medic classify` answers every line, in order, whatever it holds."""

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from shared.classification.jsonl import classify_lines


def _answers(*lines: bytes) -> list[dict[str, object]]:
    return list(classify_lines(lines))


def test_a_line_is_answered_with_its_id_and_what_it_says() -> None:
    text = "Error response from daemon: manifest for woodgrove.azurecr.io/a:1 not found"

    answers = _answers(json.dumps({"id": {"row": 7}, "text": text, "platform": "docker"}).encode())

    assert answers == [
        {
            "id": {"row": 7},
            "cause": "manifest-unknown",
            "registry": "woodgrove.azurecr.io",
            "repository": "a",
            "reference": "1",
            "client_ip": None,
            "signature": "manifest-for-not-found",
        }
    ]


def test_bad_lines_say_what_is_wrong_and_stop_nothing() -> None:
    good = b'{"id": 2, "text": "hello"}\n'

    answers = _answers(
        b"not json\n",
        b"\xff\xfe\n",
        b"[1, 2]\n",
        b'{"id": 1}\n',
        b'{"id": 1, "text": null}\n',
        b'{"id": 1, "text": "x", "platform": 5}\n',
        b'{"id": NaN, "text": "x"}\n',
        b"\n",
        b"[" * 200_000 + b"\n",
        good,
    )

    assert [set(answer) for answer in answers[:-1]] == [{"id", "error"}] * 9
    assert all(answer["id"] is None for answer in answers[:-1])
    assert answers[1]["error"] == "not UTF-8 at byte 0"
    assert answers[2]["error"] == "expected an object with id and text, not an array"
    assert answers[3]["error"] == "text must be a string, found nothing"
    assert answers[4]["error"] == "text must be a string, found null"
    assert answers[-1]["id"] == 2
    assert answers[-1]["cause"] == "not-a-pull-failure"


def test_a_missing_id_and_a_null_platform_are_fine() -> None:
    answers = _answers(b'\xef\xbb\xbf{"text": "hello", "platform": null}')

    assert answers[0]["id"] is None
    assert answers[0]["cause"] == "not-a-pull-failure"


def test_lines_are_answered_one_by_one_so_that_a_pipe_streams() -> None:
    asked: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield json.dumps({"id": number, "text": ""}).encode()

    answers = classify_lines(lines())
    next(answers)

    assert asked == [0]


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_are_answered_line_by_line_with_printable_objects(lines: list[bytes]) -> None:
    answers = list(classify_lines(lines))

    assert len(answers) == len(lines)
    assert all(json.loads(json.dumps(answer)) == answer for answer in answers)
