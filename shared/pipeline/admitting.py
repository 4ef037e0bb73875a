"""
Admitting: whether a workload that a person named can be treated at all, before it is queued.

In:  a resource id.
Out: nothing.
Errors: OutOfScope, NotFound, PermissionMissing, or a TransientError when Azure gave no answer.

Alerts and events never come this way: nobody who sends them waits for Azure.
"""

from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.pipeline.looking import within_scope

#: The api-versions of the SDK clients that read these resources afterwards.
_VERSIONS = {"microsoft.web": "2025-05-01", "microsoft.app": "2026-07-01"}


def admit(resource: ResourceId, *, medic: Medic) -> None:
    """Raise unless the resource is in scope and exists."""
    within_scope(resource, medic)
    azure = medic.azure()
    with azure.asking(f"looked for {resource}"):
        azure.arm.get(resource.text, _VERSIONS[resource.type.split("/")[0]])
