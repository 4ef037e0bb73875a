"""
Traffic without credentials: what GET /traffic shows of a request or response.

In:  headers and bodies as they crossed the wire.
Out: the same with every secret value replaced by "***". Shapes and types stay.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

MASK = "***"
_HEADERS = {"authorization", "x-identity-header", "cookie", "set-cookie", "proxy-authorization"}
_SECRET = re.compile(
    r"(password|secret|token|assertion|accountkey|accesskey|sharedkey|connectionstring)$", re.I
)
#: Members whose items or values are secrets themselves.
_HOLDERS = {"passwords", "secrets", "appsettings", "connectionstrings"}
_NAMED = {"name", "value", "keyVaultUrl", "identity", "slotSetting"}
_SETTINGS = re.compile(
    r"/config/(appsettings|connectionstrings|publishingcredentials)(/list)?/?$", re.I
)


def headers(given: Mapping[str, str]) -> dict[str, str]:
    return {
        name: f"{value.split(' ')[0]} {MASK}"
        if name.lower() == "authorization"
        else MASK
        if name.lower() in _HEADERS
        else value
        for name, value in given.items()
    }


def body(path: str, content: bytes, content_type: str) -> Any:
    """JSON as data, everything else as text; None for nothing."""
    if not content:
        return None
    if "x-www-form-urlencoded" in content_type:
        pairs = parse_qsl(content.decode(errors="replace"), keep_blank_values=True)
        return urlencode([(k, MASK if _SECRET.search(k) else v) for k, v in pairs], safe="*")
    try:
        data = json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
    if (
        _SETTINGS.search(path)
        and isinstance(data, dict)
        and isinstance(data.get("properties"), dict)
    ):
        return {**data, "properties": dict.fromkeys(data["properties"], MASK)}
    return _masked(data, inside_holder=False)


def _masked(data: Any, *, inside_holder: bool) -> Any:
    if isinstance(data, list):
        return [_masked(item, inside_holder=inside_holder) for item in data]
    if not isinstance(data, dict):
        return data
    shown: dict[str, Any] = {}
    for key, value in data.items():
        holder = inside_holder or key.lower() in _HOLDERS
        if isinstance(value, str) and (_SECRET.search(key) or (inside_holder and key == "value")):
            shown[key] = MASK
        else:
            shown[key] = _masked(value, inside_holder=holder)
    if "name" in shown and set(shown) <= _NAMED and isinstance(shown.get("value"), str):
        shown["value"] = MASK  # listSecrets, appSettings and env all list secrets by name
    return shown
