"""`make check` of the Bicep files: it finds nothing wrong with ours, and would."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bicep.checking import findings
from tests.infra.ways import INFRA, WAYS

Check = Callable[[str, str, str], list[str]]


@pytest.fixture
def spoiled(tmp_path: Path) -> Check:
    """What is found when in a copy of `infra/` one text is replaced by another."""
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy)
    shutil.copytree(INFRA.parent / "shared" / "queries", tmp_path / "shared" / "queries")

    def check(file: str, text: str, other: str) -> list[str]:
        path = copy / file
        before = path.read_text(encoding="utf-8")
        assert text in before
        path.write_text(before.replace(text, other, 1), encoding="utf-8")
        return findings(copy, "main.bicep", WAYS)

    return check


def test_nothing_is_wrong_with_what_is_deployed() -> None:
    assert findings(INFRA, "main.bicep", WAYS) == []


@pytest.mark.parametrize(
    ("file", "text", "other", "said"),
    [
        ("main.bicep", "= 'rg-${environmentName}'", "= 'rg-${", "this is no Bicep"),
        ("modules/host.bicep", "httpsOnly: true", "httpOnly: true", "no property httpOnly"),
        ("modules/host.bicep", "httpsOnly: true", "httpsonly: true", "did you mean httpsOnly?"),
        ("modules/host.bicep", "httpsOnly: true", "httpsOnly: 'yes'", "is 'yes', not a bool"),
        ("modules/host.bicep", "serverfarms@2024-11-01", "serverfarms@2031-01-01", "2024-11-01"),
        ("modules/identity.bicep", "userAssignedIdentities@", "identities@", "no such type"),
        ("modules/alerts.bicep", "'LogAlert'", "'LogAlarm'", "not one of"),
        (
            "modules/event-subscription.bicep",
            "operatorType: 'StringIn'",
            "operatorType: 'TextIn'",
            "advancedFilters[0].operatorType is 'TextIn'",
        ),
        ("modules/identity.bicep", "properties.clientId", "properties.clientID", "could be read"),
        ("modules/identity.bicep", "tags: tags\n", "tags: tags\n  id: name\n", "Azure alone"),
        ("modules/reading.bicep", "principalId: principalId", "", "lacks principalId"),
        ("main.bicep", "scope: group\n  params: { name: 'id-", "params: { name: 'id-", "elsewhere"),
        ("main.bicep", "tags: tags, principalId", "tagged: tags, principalId", "tagged"),
        ("main.bicep", "tags: tags, principalId", "principalId", "tags is not given"),
        ("main.bicep", "identity.outputs.clientId", "identity.outputs.client", "no 'client'"),
        ("main.bicep", "workspaceName: 'log-medic-${token}'", "workspaceName: tokn", "tokn is not"),
        ("main.bicep", "'modules/role.bicep'", "'modules/rolle.bicep'", "no such file"),
        ("modules/workbook.bicep", "../workbook.json", "../book.json", "no file book.json"),
        ("modules/identity.bicep", "@description('Tags.')\n", "", "param tags is not described"),
        ("modules/topic.bicep", "  tags: tags\n", "", "param tags is never used"),
        (
            "main.bicep",
            "= if (functionsDeployed) {\n  name: 'act",
            "= if (false) {\n  name: 'act",
            "no 'outputs'",
        ),
        (
            "modules/action-group.bicep",
            "= actionGroup.id",
            "= listKeys(appId, '2024-11-01').default",
            "tells a secret",
        ),
        ("main.bicep", "param notify string = ''", "param notify string = 'json://x'", "default"),
    ],
)
def test_a_mistake_is_found(file: str, text: str, other: str, said: str, spoiled: Check) -> None:
    found = spoiled(file, text, other)

    assert [one for one in found if said in one], found
