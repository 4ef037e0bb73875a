"""
One per incident: the Azure SDK clients over one guarded transport.

In:  the process's Connection and the incident's budget of requests.
Out: SDK clients by subscription, plain ARM calls, logs; how many requests were sent; and the
     permission, for one block of code, to send exactly the writes a step announced.

Without `permit` every write is stopped before it leaves the machine (see guard.py).
"""

import copy
import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.connection import Connection
from shared.clients.guard import Guard
from shared.clients.translate import asking
from shared.model.ids import ResourceId
from shared.model.incident import Calls
from shared.model.plan import Step

if TYPE_CHECKING:
    from azure.mgmt.appcontainers import ContainerAppsAPIClient
    from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
    from azure.mgmt.containerregistry import ContainerRegistryManagementClient
    from azure.mgmt.web import WebSiteManagementClient

    from shared.clients.arm import Arm
    from shared.clients.cloud import Cloud
    from shared.clients.logs import Logs
    from shared.clients.registry_data import RegistryData
    from shared.clients.remembered import Memory

Answer = TypeVar("Answer")

#: A call that fails for longer than this is answered by the queue's redelivery, not by waiting.
#: No 429 gets here: the guard keeps Azure's pauses.
_RETRY = {
    "retry_total": 3,
    "retry_backoff_factor": 0.5,
    "retry_backoff_max": 8,
    "timeout": 60,
    "logging_enable": False,
}


class Azure:
    """Azure as one incident sees it."""

    asking = staticmethod(asking)

    def __init__(
        self,
        connection: Connection,
        *,
        budget: int | None,
        spent: int = 0,
        memory: "Memory | None" = None,
    ) -> None:
        self._connection = connection
        self._guard = Guard(
            connection.transport,
            budget=budget,
            spent=spent,
            governor=connection.governor,
            owns=self._owns,
            heard=connection.clock.heard,
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._shared = memory
        self._memory: Memory | None = None
        self._remembered: Arm | None = None

    def _owns(self, url: str) -> bool:
        return self.cloud.owns(url)

    def now(self) -> datetime:
        """The current moment, UTC, by Azure's own clock once it has answered."""
        return self._connection.clock.now()

    @property
    def cloud(self) -> "Cloud":
        return self._connection.cloud

    @property
    def subscriptions(self) -> tuple[str, ...] | None:
        """Subscriptions in scope by the settings; None means all the identity can see."""
        return self._connection.subscriptions

    def reaches(self, id: ResourceId) -> bool:
        """Whether the settings let us have to do with the resource's subscription."""
        return self.subscriptions is None or id.subscription.lower() in self.subscriptions

    @property
    def calls(self) -> Calls:
        """Requests sent so far, retries and polls included."""
        return self._guard.calls

    @property
    def left(self) -> int | None:
        """Requests this incident may still send; None where nothing bounds it."""
        return self._guard.left

    def remembering(self) -> "Azure":
        """The same Azure for one round of reading: what was asked of `arm` is not asked again.

        Never for what is read right before a write: that is there to see what changed since.
        """
        from shared.clients.remembered import Memory, Remembered

        if self._memory is not None:
            return self
        twin = copy.copy(self)
        twin._memory = self._shared or Memory()
        twin._remembered = Remembered(self.arm, twin._memory)
        return twin

    @property
    def in_company(self) -> bool:
        """Whether what is read now is remembered for other workloads too: then one list for all is
        cheaper than one question for each."""
        return self._memory is not None and self._memory.shared

    def alone(self) -> "Azure":
        """The same Azure, asking and remembering for itself only."""
        twin = copy.copy(self)
        twin._shared = twin._memory = twin._remembered = None
        return twin

    def once(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """What `ask` answers; in a round of reading the same key is asked once."""
        answer: Answer = ask() if self._memory is None else self._memory.once(key, ask)
        return answer

    def permit(self, step: Step) -> AbstractContextManager[None]:
        """Let exactly the writes this step announced (method and path) through."""
        return self._guard.permit(step.requests)

    def only_while(self, holds: Callable[[], None]) -> AbstractContextManager[None]:
        """Ask before each write whether this worker still has what it changes: a write may have
        waited so long that somebody else took it over."""
        return self._guard.only_while(holds)

    def pause(self, seconds: float) -> None:
        """Wait as the SDK's own retries do, on the transport's time; never for long."""
        self._guard.sleep(seconds)

    def together(self, **reads: Callable[[], Any]) -> dict[str, Any]:
        """Run reads side by side; answers by name. The first exception is raised."""
        return self._connection.together(reads)

    def acr(self, subscription: str) -> "ContainerRegistryManagementClient":
        from azure.mgmt.containerregistry import ContainerRegistryManagementClient

        return self._client("acr", subscription, ContainerRegistryManagementClient)

    def web(self, subscription: str) -> "WebSiteManagementClient":
        from azure.mgmt.web import WebSiteManagementClient

        return self._client("web", subscription, WebSiteManagementClient)

    def apps(self, subscription: str) -> "ContainerAppsAPIClient":
        from azure.mgmt.appcontainers import ContainerAppsAPIClient

        return self._client("apps", subscription, ContainerAppsAPIClient)

    def authorization(self, subscription: str) -> "AuthorizationManagementClient":
        from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient

        return self._client("authorization", subscription, AuthorizationManagementClient)

    @property
    def arm(self) -> "Arm":
        from shared.clients.arm import Arm

        if self._remembered is not None:
            return self._remembered
        return self._once(("arm", ""), lambda: Arm(self.cloud.arm, self._pipeline()))

    @property
    def logs(self) -> "Logs":
        from shared.clients.logs import Logs

        return self._once(
            ("logs", ""),
            lambda: Logs(
                self._connection.credential,
                endpoint=self.cloud.logs,
                audience=self.cloud.logs,
                workspaces=self._connection.workspaces,
                transport=self._guard,
            ),
        )

    def registry_data(self, server: str) -> "RegistryData":
        """The data plane of the registry with this login server, as ARM reported it; signed in once
        for each round of reading."""
        from shared.clients.registry_data import RegistryData

        credential, transport = self._connection.credential, self._guard
        return self._once(
            ("registry-data", server),
            lambda: RegistryData(server, credential=credential, transport=transport),
        )

    def _pipeline(self) -> Any:
        from azure.core.pipeline import policies
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        return ARMPipelineClient(
            base_url=self.cloud.arm,
            policies=[
                policies.RequestIdPolicy(),
                policies.HeadersPolicy({"Accept": "application/json"}),
                policies.UserAgentPolicy(sdk_moniker="pull-medic"),
                policies.RetryPolicy(**_RETRY),
                ARMChallengeAuthenticationPolicy(self._connection.credential, self.cloud.arm_scope),
            ],
            transport=self._guard,
        )

    def _client(self, kind: str, subscription: str, make: Callable[..., Any]) -> Any:
        return self._once(
            (kind, subscription.lower()),
            lambda: make(
                self._connection.credential,
                subscription,
                base_url=self.cloud.arm,
                credential_scopes=[self.cloud.arm_scope],
                transport=self._guard,
                user_agent="pull-medic",
                **_RETRY,
            ),
        )

    def _once(self, key: tuple[str, str], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._clients:
                self._clients[key] = make()
            return self._clients[key]
