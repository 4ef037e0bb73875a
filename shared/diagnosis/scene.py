"""
Checks on the scene itself: is there a pull from an Azure registry, and does that registry answer?

In:  a Case.  Out: an Answer, or None where a check has nothing to say about this workload.

These come before everything else and end the diagnosis when they find something: with no registry
to read there is no configuration to judge, and during an outage or throttling no fix may be made.
Pure.
"""

import re

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.catalogue import Catalogue, Whereabouts
from shared.model.evidence import Unread
from shared.model.words import Cause, FindingName, Host

#: Failures that come after a good pull, by what hosts print ("Troubleshoot container start", App
#: Service Linux and Container Apps logs).
_AFTER_THE_PULL = (
    (
        "the program in the image is for another processor than the host's (amd64), or not a "
        "program at all",
        "exec format error|no such file or directory.{0,40}exec|exec user process caused",
    ),
    (
        "the storage the container mounts cannot be mounted",
        r"error while creating mount source|failed to mount|mount.{0,40}(failed|denied|timed out)|"
        "volume.{0,40}(not found|failed)|storage mount",
    ),
    (
        "the health probe fails: nothing answers on the path and port it asks",
        r"probefailed|(liveness|readiness|startup) probe|probe .{0,80}failed",
    ),
    (
        "the container does not answer on the port the host asks in the time it gives",
        r"respond to http pings|containertimeout|did not start within|warmup request|"
        r"port is already allocated|address already in use",
    ),
    (
        "the container starts and ends again by itself",
        r"exited with (exit )?code|exit code '?[1-9]|back-?off restarting|crashloop|"
        "terminated.{0,60}processexited|unable to start container process",
    ),
)
_USER_IDS = re.compile(r"cannot be mapped to a host id|insufficient uids or gids", re.IGNORECASE)


def no_acr_pull(case: Case) -> Answer:
    """A workload without a container image, or with one from somewhere else than ACR."""
    name = FindingName.NOT_A_PULL_FAILURE
    image = case.image
    if image is None:
        if isinstance(case.workload.auth, Unread) and not case.workload.images:
            return unknown(
                name, case.workload.note or f"the images are {case.workload.auth.because}"
            )
        note = case.workload.note or "the workload is not configured to pull a container image"
        return found(name, f"There is no image pull to judge: {note}")
    if not image.acr:
        return found(
            name,
            f"The image {image.text} comes from {image.host}, which is not an Azure Container "
            "Registry; Pull Medic cannot see that registry's settings",
        )
    return excluded(name, f"the workload pulls {image.text} from an Azure Container Registry")


def registry_not_found(case: Case) -> Answer:
    """No registry with exactly this login server among those we can read (never by name alone)."""
    name = FindingName.REGISTRY_NOT_FOUND
    registry, image = case.evidence.registry, case.image
    host = image.host if image else "the registry"
    if isinstance(registry, Unread):
        return unknown(name, f"the registry {host} is {_unread(registry)}")
    if registry is None:
        return found(name, _nowhere(case, host))
    return excluded(name, f"{host} is {registry.id}")


def _nowhere(case: Case, host: str) -> str:
    """Why no registry of that login server is to be read, as far as Azure tells."""
    seen = case.evidence.catalogue
    where = seen.whereabouts if isinstance(seen, Catalogue) else None
    where = where or Whereabouts()
    nowhere = f"No registry with the login server {host} exists in the subscriptions Pull Medic can"
    if where.namesake:
        return (
            f"{nowhere} read; the one named like it is {where.namesake}: the reference is mistyped"
            ", or means a registry that is owned by somebody else"
        )
    if where.name_taken is False:
        return f"{nowhere} read, and nobody in Azure has that name: deleted or mistyped"
    if where.name_taken:
        return f"{nowhere} read; it is owned by somebody else, or was moved out of sight"
    said = ""
    if case.claim is Cause.DNS_FAILURE:
        said = "; the host cannot resolve the name either, so it was probably deleted"
    elif case.claim is Cause.NETWORK_DENIED:
        said = "; a registry of that name did answer the host, so it exists out of our sight"
    return f"{nowhere} read: deleted, moved, mistyped, or owned by somebody else{said}"


def after_the_pull(case: Case) -> Answer | None:
    """Texts about what comes after a good pull, or is no access at all, named by their kind.

    App Service tries once more without credentials after any failure, so its last line says
    "unauthorized" whatever the cause was (Azure OSS support team, user namespaces).
    """
    name, text = FindingName.NOT_A_PULL_FAILURE, case.signal.text or _lines(case)
    if _USER_IDS.search(text):
        return found(
            name,
            "The image holds files of user ids higher than the host can map, so it cannot be "
            "unpacked; an 'unauthorized' after that is a false lead",
        )
    if case.claim is not Cause.NOT_A_PULL_FAILURE or case.complaints:
        return None
    for kind, pattern in _AFTER_THE_PULL:
        if re.search(pattern, text, re.IGNORECASE):
            return found(name, f"The image was pulled; what fails comes after it: {kind}")
    return None


def _lines(case: Case) -> str:
    """What the platform wrote about this failure."""
    lines = () if isinstance(case.evidence.lines, Unread) else case.evidence.lines
    return "\n".join(line.text for line in lines if line.platform)


def host_ran_out(case: Case) -> Answer | None:
    """The pull reached the host and failed there: disk, size or time, not access."""
    if case.claim is not Cause.RESOURCE_EXHAUSTED:
        return None
    what = "job" if case.workload.host is Host.JOB else "host"
    return found(
        FindingName.NOT_A_PULL_FAILURE,
        f"The registry served the image, but the {what} ran out of space or time unpacking it; "
        "access to the registry is not the cause",
    )


def _unread(registry: Unread) -> str:
    return registry.because if "readable" in registry.because else f"unread: {registry.because}"
