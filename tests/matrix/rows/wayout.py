"""Rows 1 to 4 and 22: the way out of a workload, and the way into a registry's firewall."""

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator import estates

STORIES = (
    Story(
        row=1,
        finding=FindingName.FIREWALL_MISSING_EGRESS,
        host=Host.WEB_APP,
        scenario=estates.blocked_web_app,
        workload="shop",
        ends="healed",
        does="adds the app's outbound addresses to the registry's rules",
        writes=("PATCH …/registries/contosoimages",),
    ),
)
