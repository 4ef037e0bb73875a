"""
What a pull has to reach over a workload's network: the registry, the layers, the sign-in.

In:  evidence of a workload and its registry, and the cloud both are in.
Out: Targets, by what is blocked when one of them is out of reach.

Layers come from the registry's dedicated data endpoints where it has them, and a private endpoint
switches them on; else from blob storage, under names Azure picks ("Mitigate data exfiltration with
dedicated data endpoints"). Only an identity asks Microsoft Entra for a token. Pure.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from shared.clients.cloud import Cloud
from shared.evidence.destinations import LAYERS, REGISTRY, SIGN_IN
from shared.evidence.firewall_rules import Target
from shared.model.evidence import Evidence, PullAuth, PullMode, Registry
from shared.model.private_path import Blocked

#: Blob storage by the registries' suffix; another cloud's is not known.
_STORAGE = {
    ".azurecr.io": "*.blob.core.windows.net",
    ".azurecr.cn": "*.blob.core.chinacloudapi.cn",
    ".azurecr.us": "*.blob.core.usgovcloudapi.net",
}


def targets(evidence: Evidence, cloud: Cloud) -> Iterator[tuple[Blocked, Target]]:
    """Everything one pull needs, in the order it needs it. Of data endpoints any may be used."""
    registry = evidence.registry
    if not isinstance(registry, Registry):
        return
    regions = _regions(registry)
    at = replace(REGISTRY, regions=regions)
    yield Blocked.REGISTRY, Target(destination=at, host=registry.login_server)
    if signs_in(evidence):
        yield (
            Blocked.SIGN_IN,
            Target(destination=SIGN_IN, host=str(urlsplit(cloud.authority).netloc)),
        )
    hosts = data_hosts(registry)
    for host in hosts:
        here = replace(at, name=f"the data endpoint {host}", regions=(host.split(".")[1],))
        yield Blocked.LAYERS, Target(destination=here, host=host)
    if not hosts and not registry.private_endpoints:
        storage = _STORAGE.get(cloud.registry_suffix, "*")
        yield Blocked.LAYERS, Target(destination=replace(LAYERS, regions=regions), host=storage)


def signs_in(evidence: Evidence) -> bool:
    """Whether pulls fetch a token from Microsoft Entra; where that is not known they may."""
    auth = evidence.workload.auth
    identities = (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)
    return not isinstance(auth, PullAuth) or auth.mode in identities


def data_hosts(registry: Registry) -> tuple[str, ...]:
    """The registry's dedicated data endpoints, one for each of its regions."""
    listed = (registry.snapshot.get("properties") or {}).get("dataEndpointHostNames") or ()
    return tuple(str(host).lower() for host in listed if str(host).count(".") > 2)


def _regions(registry: Registry) -> tuple[str, ...]:
    """Where it answers from: its data endpoints name every region; without them only a registry
    that cannot be geo-replicated is known to stay in its own."""
    hosts = data_hosts(registry)
    if hosts:
        return tuple(host.split(".")[1] for host in hosts)
    location = str(registry.snapshot.get("location") or "")
    return (location,) if location and registry.sku.lower() != "premium" else ()
