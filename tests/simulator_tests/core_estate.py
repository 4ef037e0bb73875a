"""What the core's tests share: a small estate and clients of it."""

from dataclasses import dataclass
from typing import Any

import requests
from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.simulator.azure import Simulator
from tests.simulator.estates import Estate, guid
from tests.simulator.transport import SimulatedCredential, SimulatedTransport

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
HEALER = guid("healer")
ARM = "https://management.azure.com"


@dataclass
class Lab:
    """A simulator over an estate, with real SDK clients and a raw one."""

    estate: Estate
    simulator: Simulator
    registry: str  # id

    def __post_init__(self) -> None:
        self.transport = SimulatedTransport(self.simulator)
        self.credential = SimulatedCredential(self.simulator)
        subscription = self.estate.subscription.split("/")[2]
        options: dict[str, Any] = {"transport": self.transport, "retry_total": 0}
        self.roles = AuthorizationManagementClient(self.credential, subscription, **options)
        self.registries = ContainerRegistryManagementClient(
            self.credential, subscription, **options
        )

    def open_firewall(self, address: str = "198.51.100.7") -> Any:
        """What a healer does: PATCH the network rules alone."""
        rules = {
            "defaultAction": "Deny",
            "ipRules": [{"action": "Allow", "value": address}],
        }
        change = {"properties": {"networkRuleSet": rules}}
        name = self.registry.rsplit("/", 1)[-1]
        return self.registries.registries.begin_update("platform", name, change).result()

    def ask(
        self, path: str, *, method: str = "GET", signed_in: bool = True, **more: Any
    ) -> requests.Response:
        headers = dict(more.pop("headers", {}))
        if signed_in:
            token = self.credential.get_token(f"{ARM}/.default").token
            headers.setdefault("Authorization", f"Bearer {token}")
        session: requests.Session = self.transport.session
        url = path if path.startswith("https:") else ARM + path
        return session.request(method, url, headers=headers, **more)


def lab(
    estate: Estate | None = None,
    *,
    owner: bool = False,
    admin: tuple[str, str] | None = None,
    **options: Any,
) -> Lab:
    """An estate with one closed Premium registry; with `owner` the healer may do anything to it."""
    estate = estate or Estate(**options)
    registry = estate.registry("contosoimages", deny=True, admin=admin)
    if owner:
        estate.assign(HEALER, OWNER, registry["id"])
    return Lab(estate=estate, simulator=Simulator(estate.scenario()), registry=registry["id"])
