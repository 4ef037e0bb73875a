"""
`python -m tests.demo`: break it, watch it heal.

In:  nothing.
Out: a story for each scene and a closing table. Exit status 0 only if every scene ended as expected
     and nothing else in Azure was written.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.demo.playing import Played, play
from tests.demo.scenes import SCENES, Scene
from tests.demo.stage import NotReady, stage
from tests.demo.telling import Teller

POLICY = """
version: 1
mode: observe                # look and explain, write nothing …
scope:
  include: ["/subscriptions/*/resourceGroups/web-*", "/subscriptions/*/resourceGroups/platform"]
remedies:                    # … but for these remedies
  firewall-sync: {mode: auto, shared_egress: allow}
  pull-role: {mode: auto}    # only what the Activity Log proves, or a pair names
  credential-resync: {mode: auto}
  use-identity: {mode: auto}
  vnet-image-pull: {mode: auto}
  dns-zone-link: {mode: auto}
pairs:
  - registry: "/subscriptions/*/resourceGroups/*/providers/*/registries/contosoreports"
    workloads: ["/subscriptions/*/resourceGroups/*/providers/*/sites/reports"]
limits: {azure_calls_per_incident: 60, writes_per_day: 100}
wait: {verify_first: 2s}     # a demo is in a hurry
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description="Break and heal.")
    parser.add_argument("--only", type=int, choices=range(1, len(SCENES) + 1), help="one scene")
    only = parser.parse_args(arguments).only
    teller = Teller(sys.stdout)
    try:
        return _perform(SCENES if only is None else SCENES[only - 1 : only], teller)
    except NotReady as error:
        print(f"the demo could not start:\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _perform(scenes: Sequence[Scene], teller: Teller) -> int:
    began, everything = time.monotonic(), list[Played]()
    teller.opening(POLICY)
    with ExitStack() as ends:
        with teller.busy("starting the simulated Azure and the function host"):
            azure = ends.enter_context(stage(POLICY))
        for number, scene in enumerate(scenes, 1):
            with teller.busy(scene.title):
                played = play(scene, azure)
            teller.scene(number, played)
            everything.append(played)
    wrong = sum(not played.well for played in everything)
    teller.closing(everything, time.monotonic() - began)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
