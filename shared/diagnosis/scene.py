"""
Checks on the scene itself: is there a pull from an Azure registry, and does that registry answer?

In:  a Case.  Out: an Answer, or None where a check has nothing to say about this workload.

These come before everything else and end the diagnosis when they find something: with no registry
to read there is no configuration to judge, and during an outage or throttling no fix may be made.
Pure.
"""

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.evidence import Unread
from shared.model.words import Cause, FindingName, Host


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
        said = ""
        if case.claim is Cause.DNS_FAILURE:
            said = "; the host cannot resolve the name either, so it was probably deleted"
        elif case.claim is Cause.NETWORK_DENIED:
            said = "; a registry of that name did answer the host, so it exists out of our sight"
        return found(
            name,
            f"No registry with the login server {host} exists in the subscriptions Pull Medic can "
            f"read: deleted, moved, mistyped, or owned by somebody else{said}",
        )
    return excluded(name, f"{host} is {registry.id}")


def registry_unavailable(case: Case) -> Answer:
    """The registry's own trouble: 5xx in the text, or the resource half made or half gone."""
    name = FindingName.REGISTRY_UNAVAILABLE
    host = case.registry.login_server
    if case.claim is Cause.REGISTRY_UNAVAILABLE:
        return found(
            name,
            f"The registry {host} itself answered with an error of its own (5xx); its "
            "configuration is not the cause and must not be changed meanwhile",
        )
    if case.registry.provisioning in ("Creating", "Deleting"):
        return found(name, f"The registry {host} is {case.registry.provisioning.lower()} right now")
    return excluded(name, "no 5xx answer is reported and the registry resource exists")


def throttled(case: Case) -> Answer:
    """429: more requests than the registry's tier serves. No write ever heals that."""
    name = FindingName.THROTTLED
    if case.claim is Cause.RATE_LIMITED:
        return found(
            name,
            f"The registry {case.registry.login_server} ({case.registry.sku}) is turning requests "
            "away because there are too many (429); the host tries again by itself",
        )
    return excluded(name, "the text does not speak of too many requests")


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
