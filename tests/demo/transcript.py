"""
The transcript: what the README shows of the demo, taken from a real run.

In:  what `python -m tests.demo` printed.
Out: the first scene and the closing table. `python -m tests.demo.transcript` runs the demo and puts
     them into the README.

Two runs differ in times and in the names of incidents, and in nothing else: `timeless` hides those.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_PLACE = re.compile(r"(?<=<!-- demo -->\n```text\n).*?(?=```\n<!-- /demo -->)", re.DOTALL)
_TIMES = (
    (r"\d{4}-\d\d-\d\d(.)\d\d:\d\d:\d\d(\.\d+Z)?", r"a moment"),
    (r"inc-\d{8}-\w{12}", "an incident"),
    (r"\b\d+\.\d(?= )", "some"),
    (r"in \d+ seconds", "in some seconds"),
    (r"\d+ reads", "some reads"),  # one look more where the machine is slow
)


def run() -> "subprocess.CompletedProcess[str]":
    """The whole demo, on a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "tests.demo"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )


def excerpt(printed: str) -> str:
    """The first scene and the closing table."""
    first = printed[printed.index("\n1  ") + 1 : printed.index("\n2  ") + 1]
    closing = printed[printed.index("\n\n────") + 2 :]
    return f"{first}…\n\n{closing}"


def shown() -> str:
    """What the README shows now."""
    found = _PLACE.search(README.read_text(encoding="utf-8"))
    assert found is not None, "the README has no place for the demo"
    return found[0]


def timeless(text: str) -> str:
    """The text without what no two runs share."""
    text = re.sub(r"\s+", " ", text)
    for pattern, word in _TIMES:
        text = re.sub(pattern, word, text)
    return text


def main() -> int:
    done = run()
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        return done.returncode
    text = excerpt(done.stdout)
    page = README.read_text(encoding="utf-8")
    README.write_text(_PLACE.sub(lambda _: text, page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
