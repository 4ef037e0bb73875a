"""
The table of signatures: how messages betray their cause, most trustworthy first.

In:  nothing.
Out: TABLE, in the order of precedence.

The order is the rule. Host platforms wrap one cause in another's words, and clients retry without
credentials, so that the last line of nearly every failure says "unauthorized". What names its
reason therefore comes before what any failure may end with: the firewall's own sentence, token
policy and throttling; then certificates and outages, which keep their label at any host; then
layer hosts; then the image itself; then explicit refusals, names, missing manifests, routes; the
generic refusal; and last the lines that give no reason. ("Troubleshoot image pull issues from ACR
to Azure Web App"; "Container Apps: troubleshooting image pull errors".)
"""

from shared.classification.signatures.answers import (
    ACR_FORBIDDEN,
    FIREWALL,
    MISSING,
    RATE,
    REFUSED,
    TOKEN_POLICY,
    UNAUTHORIZED,
)
from shared.classification.signatures.identity import IDENTITY, IDENTITY_ONLY
from shared.classification.signatures.image import LAYER, NAMING, PLATFORM, SPACE
from shared.classification.signatures.model import Fact, Phrases, Signature, facts
from shared.classification.signatures.negatives import LOOKALIKES, PUSHES
from shared.classification.signatures.transport import (
    CANCELLED,
    CERTIFICATE,
    LAYERS,
    NAMES,
    OUTAGE,
    ROUTES,
)
from shared.classification.signatures.unexplained import FRAGMENTS, UNEXPLAINED, WRAPPERS

TABLE: tuple[Signature, ...] = (
    *PUSHES,
    *FIREWALL,
    *LOOKALIKES,
    *TOKEN_POLICY,
    *RATE,
    *CERTIFICATE,
    *OUTAGE,
    *LAYERS,
    *PLATFORM,
    *SPACE,
    *LAYER,
    *NAMING,
    *REFUSED,
    *IDENTITY,
    *ACR_FORBIDDEN,
    *NAMES,
    *MISSING,
    *ROUTES,
    *UNAUTHORIZED,
    *CANCELLED,
    *WRAPPERS,
    *IDENTITY_ONLY,
    *UNEXPLAINED,
    *FRAGMENTS,
)

__all__ = ["TABLE", "Fact", "Phrases", "Signature", "facts"]
