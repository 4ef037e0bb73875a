"""`medic` as a process of its own: classify, error lines, exit statuses, light imports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; from functions.cli import main; sys.exit(main())"
_DENIED = (
    'Head "https://contoso.azurecr.io/v2/shop/manifests/1.2": denied: client with IP '
    "'20.50.2.11' is not allowed access."
)


def run(*arguments: str, given: bytes = b"", **environ: str) -> "subprocess.CompletedProcess[str]":
    """One `medic` process, from a folder that is not the checkout."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("MEDIC_")}
    return subprocess.run(
        [sys.executable, "-c", _START, *arguments],
        input=given.decode("latin-1"),
        capture_output=True,
        text=True,
        encoding="latin-1",
        timeout=60,
        env=own | {"PYTHONPATH": str(_ROOT)} | environ,
        check=False,
    )


def _line(**row: Any) -> bytes:
    return json.dumps(row).encode() + b"\n"


def test_classify_answers_every_line_in_order_and_stops_at_none(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_bytes(
        _line(id=1, text=_DENIED) + b"no json\n" + _line(id="c", text="GET /api 403") + b"\xff\n"
    )

    said = run("classify", str(file))

    first, bad, third, broken = [json.loads(line) for line in said.stdout.splitlines()]
    assert said.returncode == 0
    assert first == {
        "id": 1,
        "cause": "network-denied",
        "registry": "contoso.azurecr.io",
        "repository": "shop",
        "reference": "1.2",
        "client_ip": "20.50.2.11",
        "signature": first["signature"],
    }
    assert (bad["id"], "not JSON" in bad["error"]) == (None, True)
    assert (third["id"], third["cause"]) == ("c", "not-a-pull-failure")
    assert "not UTF-8" in broken["error"]


def test_classify_reads_stdin_and_lets_no_control_character_through() -> None:
    said = run("classify", given=_line(id="\x1b[2J\u202e", text="拉取\x1b]0;x\x07 失败"))

    assert said.returncode == 0
    assert json.loads(said.stdout)["id"] == "\x1b[2J\u202e"
    assert said.stdout.isascii()
    assert "\x1b" not in said.stdout


def test_classify_loads_neither_azure_nor_the_policy() -> None:
    script = (
        "import sys; from functions.cli import main; main(['classify', '/dev/null']);"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=True,
        timeout=60,
    ).stdout

    for heavy in ("azure", "pydantic", "requests", "rich", "yaml", "sqlite3"):
        assert f"'{heavy}'" not in loaded


def test_whoever_reads_only_the_first_answer_sees_no_error(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_bytes(_line(id=1, text=_DENIED) * 20_000)
    with subprocess.Popen(
        [sys.executable, "-c", _START, "classify", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        first = child.stdout.readline()
        child.stdout.close()
        complaint = child.stderr.read()
        status = child.wait(30)

    assert json.loads(first)["id"] == 1
    assert complaint == b""
    assert status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say what to do"),
        (("frobnicate",), "No such command"),
        (("diagnose",), "Missing argument"),
        (("diagnose", "/not/an/id"), "resource: expected /subscriptions/"),
        (("heal", "x", "--frob"), "No such option"),
        (("incidents", "--limit", "0"), "--limit"),
        (("incidents", "--state", "sleeping"), "--state"),
        (("classify", "/no/such/file"), "No such file"),
        (("classify", "/"), "directory"),
    ],
)
def test_bad_arguments_are_one_line_on_stderr(arguments: tuple[str, ...], words: str) -> None:
    said = run(*arguments)

    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr.startswith("medic: ")
    assert said.stderr.count("\n") == 1
    assert words.lower() in said.stderr.lower()
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MEDIC_STORE", "mysql://somewhere"),
        ("MEDIC_SUBSCRIPTIONS", "mine"),
        ("MEDIC_CLOUD", "Azure Moon"),
        ("MEDIC_POLCY", "version: 1"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(setting: str, value: str) -> None:
    environ: Any = {setting: value}

    said = run("incidents", **environ)

    assert said.returncode == 2
    assert setting in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_store_that_cannot_be_opened_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    said = run("incidents", MEDIC_STORE=f"sqlite:///{tmp_path}/file/medic.db")

    assert said.returncode == 2
    assert "medic.db" in said.stderr
    assert said.stderr.count("\n") == 1


def test_help_names_every_command_of_the_contract() -> None:
    said = run("--help")

    assert said.returncode == 0
    for command in (
        "classify",
        "diagnose",
        "heal",
        "scan",
        "incidents",
        "approve",
        "reject",
        "rollback",
        "policy",
    ):
        assert f"\n  {command} " in said.stdout
