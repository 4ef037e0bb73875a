"""Rows 17 to 21 and 24: what is pulled, and registries in trouble or out of sight. Nothing of this
is ours to change: each ends explained, with no write at all."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator.estates.image_cases import DIGEST, case

_HOSTS = {
    "web app": (Host.WEB_APP, "sites/shop"),
    "slot": (Host.SLOT, "sites/shop/slots/staging"),
    "functions": (Host.FUNCTIONS, "sites/shop"),
    "container app": (Host.CONTAINER_APP, "containerApps/shop"),
    "job": (Host.JOB, "jobs/shop"),
    "Windows": (Host.WEB_APP, "sites/shop"),
    "compose": (Host.WEB_APP, "sites/shop"),
    "sidecars": (Host.WEB_APP, "sites/shop"),
}
_EVERYWHERE = ("web app", "slot", "functions", "container app", "job")


def _told(
    row: int,
    finding: FindingName,
    does: str,
    *hosts: str,
    variant: str = "",
    says: tuple[str, ...] = (),
    **special: Any,
) -> Iterator[Story]:
    """The same failure on several hosts; never healed, never written to."""
    for name in hosts:
        host, workload = _HOSTS[name]
        words = (variant, name if name not in _EVERYWHERE else "")
        yield Story(
            row=row,
            finding=finding,
            host=host,
            scenario=partial(case, name, **special),
            workload=workload,
            ends="explained",
            does=does,
            variant=", ".join(word for word in words if word),
            says=says,
        )


_TAG = "says which tags there are, when they were pushed, and what can be restored"
_NAME = "says that the repository is missing and what to compare"
_HELD = "says what holds the image back, and never lifts it"
_BUILT = "says what the image is built for and what the host runs"

STORIES = (
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        *(*_EVERYWHERE, "Windows", "compose", "sidecars"),
        says=("has no tag 3.2.0 in shop/web", "3.1.0", "show-tags"),
    ),
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        "web app",
        variant="digest",
        says=("has no digest", "deploy one that exists"),
        wants=f"shop/web@{DIGEST}",
    ),
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        "container app",
        variant="restorable",
        says=("restored until 2026-08-08", "az acr manifest restore"),
        deleted={"3.2.0": "2026-08-01T10:00:00Z"},
        kept_days=7,
    ),
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        "web app",
        variant="registry shut to this service",
        says=("not confirmed", "own address", "Wait ten minutes"),
        shut=True,
    ),
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        "web app",
        variant="China",
        says=("contosoimages.azurecr.cn has no tag",),
        cloud="AzureChinaCloud",
    ),
    *_told(
        17,
        FindingName.TAG_MISSING,
        _TAG,
        "container app",
        variant="US Government",
        says=("contosoimages.azurecr.us has no tag",),
        cloud="AzureUSGovernment",
    ),
    *_told(
        17,
        FindingName.REPOSITORY_MISSING,
        _NAME,
        *_EVERYWHERE,
        says=("has no repository shop/webb", "az acr repository list"),
        wants="shop/webb:3.2.0",
    ),
    *_told(
        18,
        FindingName.IMAGE_LOCKED,
        _HELD,
        *_EVERYWHERE,
        says=("read attribute", "never overrides"),
        has={"locked": True},
    ),
    *_told(
        18,
        FindingName.IMAGE_LOCKED,
        _HELD,
        "web app",
        variant="quarantine",
        says=("in quarantine",),
        has={"quarantined": True},
        quarantine=True,
    ),
    *_told(
        19,
        FindingName.THROTTLED,
        "waits: the host tries again by itself",
        *_EVERYWHERE,
        says=("429", "Do not restart"),
        has={},
        status=429,
    ),
    *_told(
        20,
        FindingName.REGISTRY_UNAVAILABLE,
        "waits, and changes nothing on that registry meanwhile",
        *_EVERYWHERE,
        says=("5xx", "change nothing"),
        has={},
        status=503,
    ),
    *_told(
        21,
        FindingName.REGISTRY_NOT_FOUND,
        "says whether anybody has a registry of that name, and where",
        *_EVERYWHERE,
        says=("nobody in Azure has that name",),
        standing=False,
    ),
    *_told(
        21,
        FindingName.REGISTRY_NOT_FOUND,
        "says whether anybody has a registry of that name, and where",
        "web app",
        variant="login server with a hash",
        says=("contosoimages-a1b2c3.azurecr.io", "carry a hash"),
        has={},
        server="contosoimages-a1b2c3.azurecr.io",
    ),
    *_told(
        24,
        FindingName.PLATFORM_MISMATCH,
        _BUILT,
        *_EVERYWHERE,
        says=("built for linux/arm64", "linux/amd64"),
        has={"platforms": ["linux/arm64"]},
    ),
    *_told(
        24,
        FindingName.PLATFORM_MISMATCH,
        _BUILT,
        "Windows",
        says=("runs on windows/amd64", "Windows version"),
        has={"platforms": ["linux/amd64", "linux/arm64"]},
    ),
)
