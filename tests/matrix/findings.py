"""
docs/findings.md: every finding as an on-call engineer meets it, taken from the stories.

In:  STORIES; each finding's first story is looked at as `medic diagnose` would.
Out: Markdown. `python -m tests.matrix.findings` writes the page; a test compares the two.
"""

import re
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

from shared.model.incident import Incident
from shared.model.words import FindingName
from shared.pipeline import diagnose
from tests.clinic import Clinic
from tests.matrix.rows import STORIES
from tests.matrix.story import Story

PAGE = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
_HEAD = """# Every finding, as it is told

What `medic diagnose` says about the first failure of each kind, in the order in which a pull meets
them. Made from the stories in `tests/matrix/rows/`: `python -m tests.matrix.findings`.

The commands are for whoever is signed in to the subscription; in them, `…` stands for the front of
a resource id, and what stands in `<…>` is yours to fill in. `medic` itself prints every id whole.
"""
_COMMANDS = re.compile(r"(?:^  (?:az|docker) .*\n)+", re.MULTILINE)
_ID = re.compile(r"/subscriptions/[^\s,;'\"]*/([^/\s,;'\"]+/[^/\s,;'\"]+)")


def page() -> str:
    """All findings, one section each."""
    plain = sorted(STORIES, key=lambda story: bool(story.variant))
    firsts = {story.finding: story for story in reversed(plain)}
    order = dict.fromkeys(story.finding for story in STORIES)
    return "\n".join([_HEAD, *(_section(name, firsts[name]) for name in order)])


def _section(name: FindingName, story: Story) -> str:
    incident = looked_at(story)
    assert incident.diagnosis is not None
    assert incident.plan is not None
    parts = [
        f"## {name.value}\n",
        f"*On a {story.host.value}.* {_short(incident.diagnosis.summary)}\n",
    ]
    for step in incident.plan.steps:
        parts.append(f"**Plan** ({step.remedy.value}): {_short(step.summary)}.")
        parts.append(f"Risk: {_short(step.risk)}. Undo: {_short(step.undo)}.\n")
    parts += [f"{_fenced(_short(text).strip())}\n" for text in incident.plan.advice]
    if code := incident.plan.infrastructure_change:
        parts.append(f"```text\n{_short(code).strip()}\n```\n")
    return "\n".join(parts)


def looked_at(story: Story) -> Incident:
    """The dry run after the platform's own failing pull."""
    with tempfile.TemporaryDirectory() as place:
        clinic = Clinic(story.world(), Path(place), policy=story.policy)
        workload = clinic.find(story.workload)
        story.fails(clinic, workload)
        try:
            return diagnose(workload, None, medic=clinic.medic)
        finally:
            clinic.medic.store.close()


def _fenced(advice: str) -> str:
    """The advice with each run of commands, which it indents, in a block of its own."""
    return _COMMANDS.sub(
        lambda run: f"\n```sh subscription\n{dedent(run[0])}```\n\n", f"{advice}\n"
    ).strip()


def _short(text: str) -> str:
    """Ids cut to their last two names: the page is for reading."""
    return _ID.sub(r"…/\1", text)


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
