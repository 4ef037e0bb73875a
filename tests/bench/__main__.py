"""
`python -m tests.bench`: measure and tell; `--peers` beside other tools; `--plot` draws the last.

In:  nothing.
Out: Markdown on stdout, progress on a terminal, bench-results.json (or bench-peers.json).
"""

import argparse
import json
import sys
from collections.abc import Sequence

from tests.bench import answering, healing, plot, reading, report
from tests.bench.measuring import Table
from tests.bench.simulated import ROOT

RESULTS, PEERS = ROOT / "bench-results.json", ROOT / "bench-peers.json"
PLOT = ROOT / "docs" / "bench.svg"
_PICTURE = "![The same ratios as bars](docs/bench.svg)"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ratios, one run.")
    parser.add_argument("--rounds", type=int, default=11, help="turns of each rival (default 11)")
    parser.add_argument("--peers", action="store_true", help="beside az and Cloud Custodian")
    parser.add_argument("--plot", action="store_true", help="draw the last results into docs/")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md too")
    asked = parser.parse_args(arguments)
    if asked.plot:
        return _draw()
    tables = _peers(asked.rounds) if asked.peers else _own(asked.rounds)
    report.save(tables, PEERS if asked.peers else RESULTS)
    text = report.markdown(tables)
    print(text, end="")
    if asked.readme and not report.insert(f"{text}\n{_PICTURE}\n", ROOT / "README.md"):
        print(f"README.md has no mark {report.BEGIN}", file=sys.stderr)
        return 1
    return 0


def _own(rounds: int) -> list[Table]:
    return [
        healing.measure(rounds=rounds),
        answering.measure(rounds=rounds),
        reading.measure(rounds=rounds),
        *_storm(),
    ]


def _storm() -> list[Table]:
    from tests.bench import storming  # needs the storage emulator
    from tests.store import azurite

    if why := azurite.missing():
        print(f"no storm: {why}", file=sys.stderr)
        return []
    return [storming.measure()]


def _peers(rounds: int) -> list[Table]:
    from tests.bench import peers  # installs what it needs, so only when asked

    return peers.measure(rounds=min(rounds, 5))


def _draw() -> int:
    if not RESULTS.exists():
        print("no results yet: run `make bench` first", file=sys.stderr)
        return 1
    PLOT.write_text(plot.drawn(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")
    print(PLOT.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
