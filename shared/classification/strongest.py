"""
Several lines about one failure: which of them to believe.

In:  Readings of lines that were written about the same time.
Out: the Reading that says most; NOT_A_PULL_FAILURE when none says anything.

Hosts print one cause in another's words and retry without credentials, so the last line says
"unauthorized" whatever the real cause was (App Service, Container image pull troubleshooting). A
line that names a cause therefore counts more than a line that only refuses. Pure.
"""

from collections.abc import Iterable

from shared.model.signal import Reading
from shared.model.words import Cause

#: From the words that can mean only one thing to those that may mean anything.
_ORDER = (
    Cause.NETWORK_DENIED,
    Cause.RATE_LIMITED,
    Cause.DATA_ENDPOINT_DENIED,
    Cause.DNS_FAILURE,
    Cause.TLS_ERROR,
    Cause.NETWORK_TIMEOUT,
    Cause.MANIFEST_UNKNOWN,
    Cause.PLATFORM_MISMATCH,
    Cause.INVALID_REFERENCE,
    Cause.RESOURCE_EXHAUSTED,
    Cause.REGISTRY_UNAVAILABLE,
    Cause.IDENTITY_UNAVAILABLE,
    Cause.UNAUTHORIZED,
    Cause.UNKNOWN_PULL_FAILURE,
    Cause.NOT_A_PULL_FAILURE,
)
_RANK = {cause: rank for rank, cause in enumerate(_ORDER)}


def strongest(readings: Iterable[Reading]) -> Reading:
    """The first of those that say most."""
    silence = Reading(cause=Cause.NOT_A_PULL_FAILURE)
    return min(readings, key=lambda reading: _RANK[reading.cause], default=silence)
