"""
`python -m tests.fuzz.guided [SECONDS]`: the pure ways in, fuzzed by coverage, for the nightly run.

In:  so many seconds for each (default 60), and atheris, which is installed by hand, because it has
     no wheels for some platforms (`pip install atheris`). Without it this says so and does nothing.
Out: exit status 0 when every input got an answer in words; else the input that did not, and 1.

What hypothesis bends is chosen by us; here the covered branches choose, byte by byte.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)


def _alert(body: bytes) -> None:
    from shared.signals import dump, from_alert, load

    for signal in from_alert(body, now=NOW).accepted:
        assert load(dump(signal)) == signal


def _event(body: bytes) -> None:
    from shared.signals import from_event
    from shared.signals.intake import decode

    from_event(decode(body, "the event"), now=NOW)


def _message(body: bytes) -> None:
    from shared.signals import load

    load(body)


def _letter(body: bytes) -> None:
    from shared.signals import seal, unseal

    sealed = seal("alerts", body.decode("latin-1"), body, now=NOW)
    assert unseal(sealed.encode(), id="x") is not None
    unseal(body, id="x")


def _policy(body: bytes) -> None:
    from shared import policy

    assert list(policy.sentences(policy.load(body.decode("utf-8", "replace"))))


def _line(body: bytes) -> None:
    from shared.classification.jsonl import classify_lines

    assert len(list(classify_lines([body]))) == 1


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__.strip("_"): one for one in (_alert, _event, _message, _letter, _policy, _line)
}


def _seeds(name: str) -> list[bytes]:
    from tests.fuzz import valid as given
    from tests.fuzz.mutations import written

    valid: dict[str, list[Any]] = {
        "alert": given.ALERTS,
        "event": given.EVENTS,
        "message": [given.SIGNAL],
        "letter": [given.LETTER],
        "line": [{"id": 1, "text": given.LINE}],
    }
    return [given.POLICY.encode()] if name == "policy" else [written(one) for one in valid[name]]


def _fuzz(name: str, seconds: str, corpus: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["shared"]):
        from shared import classification, policy, signals  # noqa: F401
        from shared.errors import BadInput

    def one(body: bytes) -> None:
        with suppress(BadInput):
            TARGETS[name](body)

    atheris.Setup(
        [
            name,
            f"-max_total_time={seconds}",
            "-max_len=8192",
            f"-artifact_prefix={gettempdir()}/",
            corpus,
        ],
        one,
    )
    atheris.Fuzz()


def main() -> int:
    if find_spec("atheris") is None:
        print("atheris is not installed: nothing is fuzzed by coverage")
        return 0
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    failed = 0
    for name in TARGETS:
        with TemporaryDirectory() as corpus:
            for number, seed in enumerate(_seeds(name)):
                (Path(corpus) / str(number)).write_bytes(seed)
            code = f"from tests.fuzz.guided import _fuzz; _fuzz({name!r}, {seconds!r}, {corpus!r})"
            done = subprocess.run(
                [sys.executable, "-c", code], check=False, capture_output=True, text=True
            )
            print(f"{name}: {'well' if done.returncode == 0 else done.stderr}")
            failed |= done.returncode
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
