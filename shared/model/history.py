"""
History: what this service did lately, as far as the gate must know it.

Pure.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Counts from the audit, taken just before the gate decides."""

    registry_writes_last_hour: int = 0
    writes_today: int = 0
    breaker: str | None = None  # why writes for this registry are stopped; None: they are not
    same_plan_failed: bool = False  # a plan with this digest was applied before and did not help
    refused: str | None = None  # when and how a person refused a change for this workload here
