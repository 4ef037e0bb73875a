"""
Azure's clouds: which host names exist and what answers behind each.

In:  a host name.
Out: the cloud and the kind of front end it belongs to; None for a host that is not Azure's.

Data and look-ups only. Host names and audiences as the az CLI knows them (azure-cli-core cloud.py).
"""

from dataclasses import dataclass

ACR_AUDIENCE = "https://containerregistry.azure.net"


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One Azure cloud. `audiences` are those its resource manager takes tokens for."""

    name: str
    arm: str
    logins: tuple[str, ...]
    audiences: tuple[str, ...]
    registry_suffix: str
    log_analytics: tuple[str, ...]
    graph: str
    portal: str

    @property
    def login(self) -> str:
        return self.logins[0]


CLOUDS = (
    Cloud(
        name="AzureCloud",
        arm="management.azure.com",
        logins=("login.microsoftonline.com", "login.windows.net", "login.microsoft.com"),
        audiences=("https://management.core.windows.net", "https://management.azure.com"),
        registry_suffix=".azurecr.io",
        log_analytics=("api.loganalytics.io", "api.loganalytics.azure.com"),
        graph="graph.microsoft.com",
        portal="https://portal.azure.com",
    ),
    Cloud(
        name="AzureChinaCloud",
        arm="management.chinacloudapi.cn",
        logins=("login.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
        audiences=(
            "https://management.core.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
        ),
        registry_suffix=".azurecr.cn",
        log_analytics=("api.loganalytics.azure.cn",),
        graph="microsoftgraph.chinacloudapi.cn",
        portal="https://portal.azure.cn",
    ),
    Cloud(
        name="AzureUSGovernment",
        arm="management.usgovcloudapi.net",
        logins=("login.microsoftonline.us",),
        audiences=(
            "https://management.core.usgovcloudapi.net",
            "https://management.usgovcloudapi.net",
        ),
        registry_suffix=".azurecr.us",
        log_analytics=("api.loganalytics.us",),
        graph="graph.microsoft.us",
        portal="https://portal.azure.us",
    ),
    Cloud(
        name="AzureBleuCloud",
        arm="management.sovcloud-api.fr",
        logins=("login.sovcloud-identity.fr",),
        audiences=("https://management.sovcloud-api.fr",),
        registry_suffix=".azurecr.sovcloud-azure.fr",
        log_analytics=("api.loganalytics.sovcloud-api.fr",),  # by analogy; no public source
        graph="graph.svc.sovcloud.fr",
        portal="https://portal.sovcloud-azure.fr",
    ),
)

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
#: Microsoft's registry of public images, and other registries that everybody pulls from.
_MICROSOFTS = frozenset({"mcr.microsoft.com", "mcr.azure.cn"})
_EVERYBODYS = frozenset({"docker.io", "index.docker.io", "ghcr.io", "quay.io", "registry.k8s.io"})


def named(name: str) -> Cloud:
    """The cloud of a scenario. KeyError names the known ones."""
    for cloud in CLOUDS:
        if cloud.name.lower() == name.lower():
            return cloud
    raise KeyError(f"cloud {name!r}; known: {', '.join(cloud.name for cloud in CLOUDS)}")


def audiences(kind: str, cloud: Cloud) -> tuple[str, ...]:
    """Who a token must be meant for at this front end. Compared without a trailing slash."""
    if kind == "loganalytics":
        return tuple(f"https://{host}" for host in cloud.log_analytics)
    if kind == "graph":
        return (f"https://{cloud.graph}",)
    return cloud.audiences


def locate(host: str, home: Cloud) -> tuple[Cloud, str] | None:
    """The cloud a host name belongs to and its front end; a loopback host is `home`'s ARM."""
    return (home, "arm") if host.lower() in _LOCAL else of_host(host)


def of_host(host: str) -> tuple[Cloud, str] | None:
    """The same for Azure's real host names alone."""
    host = host.lower().rstrip(".")
    for cloud in CLOUDS:
        fronts = {cloud.arm: "arm", cloud.graph: "graph"}
        fronts |= dict.fromkeys(cloud.logins, "entra")
        fronts |= dict.fromkeys(cloud.log_analytics, "loganalytics")
        if host in fronts:
            return cloud, fronts[host]
        if host.endswith(cloud.registry_suffix) and host != cloud.registry_suffix:
            label = host.removesuffix(cloud.registry_suffix)
            return cloud, "data" if label.endswith(".data") else "registry"
    return None


def is_microsofts(host: str) -> bool:
    """Whether this is the Microsoft Container Registry."""
    return host.lower() in _MICROSOFTS


def is_everybodys(host: str) -> bool:
    """Whether this is a well-known public registry, which is there whatever a scenario says."""
    return host.lower() in _MICROSOFTS | _EVERYBODYS
