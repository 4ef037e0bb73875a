"""
Advice about everything that is neither the way in, nor who pulls, nor what is pulled.

In:  a Subject.  Out: a text for a person, "" when there is nothing to do.

Pure.
"""

from shared.planning.advice.subject import Subject, commands, plain, quoted


def registry_not_found(s: Subject) -> str:
    return (
        f"Look whether {s.host} still exists and who owns it. A registry in another subscription "
        "or tenant is out of Pull Medic's sight until its identity may read there; a registry that "
        "was moved has lost the role assignments made on it; some login servers carry a hash that "
        "the registry's name lacks."
        + commands(
            'az graph query -q "resources '
            "| where type =~ 'microsoft.containerregistry/registries' "
            f'| where properties.loginServer =~ {_kql(s.host)} | project id"',
            f"nslookup {quoted(s.host)}",
        )
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
    return "Restart the failed revision, not a healthy one:" + commands(
        f"az containerapp revision list {s.app_args} --output table",
        f"az containerapp revision restart {s.app_args} --revision '<failed revision>'",
    )


def healthy(_: Subject) -> str:
    return ""


def not_a_pull_failure(s: Subject) -> str:
    look = f"az webapp log tail {s.site_args}" if s.is_site else _look(s)
    return (
        "Nothing about the registry needs to change. Look at the app itself: does it start, listen "
        f"on its port, find its storage, have room on its disk?{commands(look)}"
    )


def undetermined(s: Subject) -> str:
    doubts = "".join(f"\n  - {plain(doubt)}" for doubt in s.diagnosis.doubts)
    lines = [_look(s)]
    if s.registry:
        lines.append(f"az acr check-health --name {s.registry_name} --yes")
    return (
        "Pull Medic changes nothing on a guess. "
        + (f"What is open:{doubts}\n" if doubts else "")
        + "Often behind such a case: name resolution by DNS servers of your own, a role held "
        "through a group (its membership is cached for up to a day), a condition on a role, or a "
        f"network that blocks Microsoft Entra. To look closer:{commands(*lines)}"
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
