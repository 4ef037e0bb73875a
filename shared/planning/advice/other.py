"""
Advice about everything that is neither the way in, nor who pulls, nor what is pulled.

In:  a Subject.  Out: a text for a person, "" when there is nothing to do.

Pure.
"""

from shared.model.catalogue import Catalogue, Whereabouts
from shared.planning.advice.subject import Subject, commands, plain, quoted


def registry_not_found(s: Subject) -> str:
    where = _whereabouts(s)
    if where and where.namesake:
        return (
            "Some login servers carry a hash that the registry's name lacks. If the app means the "
            f"registry in our sight, its owner should use {plain(where.namesake)} in the image "
            "reference and in the registry setting; else it is somebody else's registry, and its "
            "owner has to let the app in:"
            + commands(f"nslookup {quoted(where.namesake)}", f"nslookup {quoted(s.host)}")
        )
    if where and where.name_taken is False:
        return (
            f"Compare {s.host} with the registries there are. If the registry was deleted, it does "
            "not come back: create it anew, push the images again, and assign the pull role again "
            f"to the app's identity.{commands(_REGISTRIES)}"
        )
    theirs = "It is somebody's, so ask " if where and where.name_taken else "Look "
    return (
        f"{theirs}who owns {s.host}: a registry in another subscription or tenant is out of Pull "
        "Medic's sight until its identity may read there. A registry that was moved has lost the "
        "role assignments made on it, so the app needs its pull role again. Some login servers "
        "carry a hash that the registry's name lacks."
        + commands(_find(s), f"nslookup {quoted(s.host)}")
    )


def _whereabouts(s: Subject) -> Whereabouts | None:
    seen = s.evidence.catalogue
    return seen.whereabouts if isinstance(seen, Catalogue) else None


_REGISTRIES = "az acr list --query '[].loginServer' --output table"


def _find(s: Subject) -> str:
    return (
        'az graph query -q "resources '
        "| where type =~ 'microsoft.containerregistry/registries' "
        f'| where properties.loginServer =~ {_kql(s.host)} | project id"'
    )


def registry_unavailable(s: Subject) -> str:
    return (
        f"Wait, and change nothing on {s.host}: pulls recover by themselves when the registry "
        "does. To see whether Azure knows about it:"
        + commands(f"az rest --method get --url {quoted(_health(s))}")
    )


def throttled(s: Subject) -> str:
    sku = plain(s.registry.sku) if s.registry else "its"
    return (
        f"Do not restart anything: every restart asks {s.host} again. The host retries by itself. "
        f"If it lasts, spread deployments over time, reuse base layers, and look who asks that "
        f"often (the {sku} tier serves a fixed number of requests a minute; everybody who signs in "
        "as the admin user shares one allowance)."
        + commands(f"az acr show-usage {s.registry_args} --output table")
    )


def not_retrying(s: Subject) -> str:
    if s.is_site:
        return (
            "The platform unblocks the app at the time its message names. If nobody wants to wait, "
            "stop and start it (a restart alone may do nothing):"
            + commands(f"az webapp stop {s.site_args}", f"az webapp start {s.site_args}")
        )
    if s.is_job:
        return "The job pulls again at its next execution; do not start one for that alone."
    if not s.evidence.workload.revision:
        return (
            "Azure refused the deployment and made no revision, so nothing tries again. Deploy "
            "once more, as the app was meant to be deployed:"
            + commands(f"az containerapp update {s.app_args} --image {quoted(s.image)}")
        )
    return "Restart the failed revision, not a healthy one:" + commands(
        f"az containerapp revision list {s.app_args} --output table",
        f"az containerapp revision restart {s.app_args} "
        f"--revision {quoted(s.evidence.workload.revision)}",
    )


def healthy(_: Subject) -> str:
    return ""


def not_a_pull_failure(s: Subject) -> str:
    if s.evidence.image is not None and not s.evidence.image.acr:
        return _elsewhere(s)
    _, after, kind = s.diagnosis.summary.partition("what fails comes after it: ")
    known = kind if after else s.diagnosis.summary if "user ids" in s.diagnosis.summary else ""
    look = f"az webapp log tail {s.site_args}" if s.is_site else _look(s)
    told, more = next(
        ((told, site if s.is_site else app) for word, told, site, app in _AFTER if word in known),
        (_UNKNOWN_KIND, ""),
    )
    own = (more.format(site=s.site_args, app=f"{s.app} show {s.app_args}"),) if more else ()
    return f"Nothing about the registry needs to change. {told}{commands(look, *own)}"


def _elsewhere(s: Subject) -> str:
    """An image of a registry that is nobody's Azure resource."""
    return (
        "Pull Medic looks after Azure Container Registries only. If pulls from there fail or are "
        "limited, a copy in a registry of your own helps; its owner can import it, and the app's "
        "owner then points the app at the copy:"
        + commands(f"az acr import --name '<your registry>' --source {quoted(s.image)}", _look(s))
    )


#: By a word of the kind: what to do, and what else to look at for a site and for a container app.
_AFTER = (
    (
        "user ids",
        "Give the files in the image an ordinary, low user id: `chown` them in the Dockerfile in "
        "the same layer that adds them, push, and deploy.",
        "",
        "",
    ),
    (
        "another processor",
        "Build the image for linux/amd64 and push it again; start scripts need Unix line ends and "
        "an existing interpreter in their first line.",
        "",
        "",
    ),
    (
        "on the port",
        "Let the container listen on the port the host asks, on all addresses, and raise the start "
        "time if it needs longer.",
        "az webapp config appsettings list {site} --query \"[?name=='WEBSITES_PORT']\"",
        "{app} --query properties.configuration.ingress.targetPort",
    ),
    (
        "probe",
        "Correct the probe's path, port or timing, or the app behind it.",
        "az webapp config show {site} --query healthCheckPath",
        "{app} --query 'properties.template.containers[].probes'",
    ),
    (
        "storage",
        "Look whether the share still exists, its key was rotated, and the network lets it in.",
        "az webapp config storage-account list {site}",
        "{app} --query properties.template.volumes",
    ),
    (
        "ends again",
        "Its own output says why it ends: a missing setting, a crash, a wrong start command.",
        "",
        "",
    ),
)
_UNKNOWN_KIND = (
    "Look at the app itself: does it start, listen on its port, find its storage, have room on its "
    "disk?"
)


def undetermined(s: Subject) -> str:
    doubts = "".join(f"\n  - {plain(doubt)}" for doubt in s.diagnosis.doubts)
    lines = [_look(s)]
    if s.registry:
        lines.append(f"az acr check-health --name {s.registry_name} --yes")
    return (
        "Pull Medic changes nothing on a guess. "
        + _capitals(s)
        + (f"What is open:{doubts}\n" if doubts else "")
        + "Often behind such a case: name resolution by DNS servers of your own, a role held "
        "through a group (its membership is cached for up to a day), a condition on a role, or a "
        f"network that blocks Microsoft Entra. To look closer:{commands(*lines)}"
    )


def _capitals(s: Subject) -> str:
    """Clients sign in under the name as it is spelled ("Troubleshoot registry login", ACR FAQ)."""
    image = s.evidence.image
    if image is None or not image.acr or image.host in image.text:
        return ""
    return (
        f"The image reference spells {plain(image.host)} with capitals: some clients are then told "
        "'unauthorized', whatever they may do; write it in lower case. "
    )


def _look(s: Subject) -> str:
    """Where the platform itself tells what happened."""
    if s.is_site:
        status = f"{s.workload}/siteStatus?api-version=2024-11-01"
        return f"az rest --method get --url {quoted(status)}"
    if s.is_job:
        return f"az containerapp job execution list {s.app_args} --output table"
    return f"az containerapp logs show {s.app_args} --type system --tail 50"


def _health(s: Subject) -> str:
    id = str(s.registry.id) if s.registry else "<registry id>"
    return (
        f"{id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current"
        "?api-version=2023-07-01-preview"
    )


def _kql(host: str) -> str:
    """A host as a KQL literal inside a double-quoted shell word."""
    kept = "".join(char for char in host if char.isalnum() or char in ".-")
    return f"'{kept}'"
