"""
Which Azure: the endpoints, audiences and registry suffix of one cloud.

In:  the MEDIC_CLOUD setting: a cloud's name, or the https address of a resource manager.
Out: a Cloud; or BadInput / Unreachable saying what is wrong with the address.

Names and addresses of the three public clouds are those the Azure command line ships
(azure-cli-core, cloud.py). Any other resource manager describes itself at `/metadata/endpoints`,
as `az cloud register --endpoint-resource-manager` relies on.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared.errors import BadInput, HealError, Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One Azure. Addresses have no trailing slash; `arm_audience` is used as `{it}/.default`."""

    name: str
    arm: str
    arm_audience: str
    authority: str
    logs: str
    registry_suffix: str

    @property
    def arm_scope(self) -> str:
        return f"{self.arm_audience}/.default"

    def owns(self, url: str) -> bool:
        """Whether a sign-in for this cloud may go there: its resource manager (regional ones too),
        its logs, its registries; https only."""
        place = urlsplit(url)
        manager, where = urlsplit(self.arm).netloc.lower(), place.netloc.lower()
        known = where in {manager, urlsplit(self.logs).netloc.lower()} - {""}
        below = where.endswith((f".{manager}", self.registry_suffix.lower())) and "@" not in where
        return place.scheme.lower() == "https" and (known or below)


_LOOK = "see whether MEDIC_CLOUD is a resource manager's address"

_KNOWN = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="AzureCloud",
            arm="https://management.azure.com",
            arm_audience="https://management.azure.com",
            authority="https://login.microsoftonline.com",
            logs="https://api.loganalytics.io",
            registry_suffix=".azurecr.io",
        ),
        Cloud(
            name="AzureChinaCloud",
            arm="https://management.chinacloudapi.cn",
            arm_audience="https://management.chinacloudapi.cn",
            authority="https://login.chinacloudapi.cn",
            logs="https://api.loganalytics.azure.cn",
            registry_suffix=".azurecr.cn",
        ),
        Cloud(
            name="AzureUSGovernment",
            arm="https://management.usgovcloudapi.net",
            arm_audience="https://management.usgovcloudapi.net",
            authority="https://login.microsoftonline.us",
            logs="https://api.loganalytics.us",
            registry_suffix=".azurecr.us",
        ),
    )
}


def find(name: str, *, transport: Any = None) -> Cloud:
    """The cloud of that name, or the one its resource manager at that address describes."""
    if name in _KNOWN:
        return _KNOWN[name]
    if not name.startswith("https://"):
        names = ", ".join(_KNOWN)
        raise BadInput(f"{name!r} is neither one of {names} nor an https resource manager address")
    return _described(name.rstrip("/"), _ask(name.rstrip("/"), transport))


def _ask(address: str, transport: Any) -> Any:
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import RetryPolicy
    from azure.core.rest import HttpRequest

    from shared.clients.translate import asking

    extra = {"transport": transport} if transport is not None else {}
    client = PipelineClient(address, policies=[RetryPolicy(retry_total=2)], **extra)
    url = f"{address}/metadata/endpoints?api-version=2022-09-01"
    try:
        with asking(f"asked {address} which cloud it belongs to"):
            response = client.send_request(HttpRequest("GET", url))
            response.raise_for_status()
            return response.json()
    except HealError as error:
        raise Unreachable(f"{error}; {_LOOK}, and whether this service may reach it") from error


def _described(address: str, answer: Any) -> Cloud:
    described = answer[0] if isinstance(answer, list) and answer else answer
    try:
        login = described["authentication"]
        audience = str(login["audiences"][0]).rstrip("/")
        suffix = str(described["suffixes"]["acrLoginServer"]).lstrip(".")
        return Cloud(
            name=str(described.get("name") or address),
            arm=address,
            arm_audience=audience,
            authority=str(login["loginEndpoint"]).rstrip("/"),
            logs=str(described.get("logAnalyticsResourceId") or "").rstrip("/"),
            registry_suffix="." + suffix,
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Unreachable(f"{address} does not describe a cloud; {_LOOK}") from error
