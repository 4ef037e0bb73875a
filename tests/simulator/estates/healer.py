"""
What the healer of a sample estate may do: what the deployment in `infra/` lets it do, and no more.

In:  the role files and the condition of `infra/`, the very ones that Bicep loads.
Out: the custom roles with their actions, and the condition under which it may grant.

Never kept here as well: a permission that is missing there fails the stories told here.
"""

import json
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parents[3] / "infra"
#: The role that is only ever assigned with the condition.
GRANTING = "pull-role"
MAY_GRANT_PULL = (INFRA / "conditions" / "pull-role-only.txt").read_text(encoding="utf-8")
#: Role by role, the reader first: its name in `infra/roles/`, and what is in the file.
ROLES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((INFRA / "roles").glob("*.json"), key=lambda path: path.stem != "reader")
}


def permissions(role: dict[str, Any]) -> dict[str, list[str]]:
    """A role file's content as a role definition holds it."""
    return {
        "actions": list(role["actions"]),
        "notActions": [],
        "dataActions": list(role["dataActions"]),
        "notDataActions": [],
    }
