"""
What is bent: one valid example of everything that comes in.

In:  nothing.
Out: JSON values and texts.
"""

import json
from datetime import UTC, datetime

from shared.signals import dump, manual, seal
from tests.payloads import SHOP, payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
ALERTS = [payload(name) for name in ("alert-log-v2", "alert-log-v1", "alert-activity")]
EVENTS = [payload(name) for name in ("event-grid", "cloud-event")]
SIGNAL = json.loads(dump(manual(SHOP, "denied", now=NOW, id="one")))
LETTER = json.loads(seal("alerts", "no data", b"{}", now=NOW))

POLICY = """\
version: 1
mode: observe
scope:
  include: ["/subscriptions/*/resourceGroups/web-*"]
  exclude: ["/subscriptions/*/resourceGroups/web-secret"]
  opt_out_tag: "medic=off"
remedies:
  firewall-sync: {mode: auto, addresses: outbound, max_new_rules: 16, keep_free: 10}
  pull-role: {mode: approve, proof_days: 30}
pairs:
  - {registry: "/subscriptions/*/resourceGroups/acr", workloads: ["/subscriptions/*"]}
limits: {writes_per_registry_per_hour: 4, writes_per_day: 50, azure_calls_per_incident: 40}
breaker: {failed_verifications: 3, window: 1h}
freeze: [{from: "2026-12-24T00:00:00Z", to: "2027-01-02T00:00:00Z"}]
wait: {before_acting: 0s, verify_first: 60s, verify_firewall: 10m, verify_role: 20m}
"""
LINE = (
    "2026-07-14T09:44:55Z ERROR - DockerApiException: Docker API responded with status "
    'code=InternalServerError, response={"message":"Head \\"https://contoso.azurecr.io/v2/shop/web'
    "/manifests/4.2.1\\\": denied: client with IP '20.50.2.11' is not allowed access. Refer "
    'https://aka.ms/acr/firewall to grant access."}'
)
