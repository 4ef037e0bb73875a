"""
Payloads as Azure sends them, made up for these tests: files, so that they can be read and posted.

In:  a file's name.
Out: its JSON, afresh each time, to be bent as a test needs.
"""

import json
from pathlib import Path
from typing import Any

SUBSCRIPTION = "/subscriptions/3f0c2b6e-58a1-4c0d-9d1e-7a4b8c2d1e0f"
SHOP = f"{SUBSCRIPTION}/resourceGroups/web-prod/providers/Microsoft.Web/sites/shop"
BASKET = f"{SUBSCRIPTION}/resourceGroups/web-prod/providers/Microsoft.App/containerApps/basket"
CONTOSO = (
    f"{SUBSCRIPTION}/resourceGroups/shared-infra/providers"
    "/Microsoft.ContainerRegistry/registries/contoso"
)
WORKSPACE = (
    f"{SUBSCRIPTION}/resourceGroups/ops/providers/Microsoft.OperationalInsights/workspaces/central"
)


def payload(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())
