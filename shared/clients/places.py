"""
Places: what Azure counts requests by, and what its answers say about the count.

In:  a request's method and URL; an answer's status and headers.
Out: the names of the places it counts for; what was heard of them.

The names of the headers are those of "Understand how Azure Resource Manager throttles requests" and
"Guidance for throttled requests in Azure Resource Graph"; App Service's recorded 429 has none.
Pure.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

_SUBSCRIPTION = re.compile(r"\A/subscriptions/([^/]+)")
_PROVIDER = re.compile(r"/providers/(microsoft\.[a-z.]+)(?=/)")
_DATA_PLANE = re.compile(r"/(v2|oauth2|acr)/")
_GRAPH = "microsoft.resourcegraph"
#: Not `…-resource-requests`: a resource provider's own count, of which nobody says how it refills.
_COUNTED = re.compile(
    r"x-ms-user-quota-remaining"
    r"|x-ms-ratelimit-remaining-(subscription|tenant)-(reads|writes|deletes)"
)
#: Below so many requests left they are spaced: the subscription's count, Resource Graph's quota.
_LOW, _LOW_GRAPH = 20, 4
#: What a last request of the subscription's count waits for the next: at 1 left 2 s, at 20 0.1 s.
_REFILL = 2.0
_RETRY_AFTER = (("retry-after", 1.0), ("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001))
_KINDS = {"GET": "reads", "HEAD": "reads", "OPTIONS": "reads", "DELETE": "deletes"}
#: Azure's own words for the subscription's count being used up, when no header says it.
_WHOLE = ("SubscriptionRequestsThrottled", "TenantRequestsThrottled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one answer says. `pause` in seconds; None: it names none."""

    places: tuple[str, ...]
    counted: str  # the place `left` is about
    closes: str  # the place a 429 is about
    throttled: bool
    pause: float | None = None
    left: int | None = None
    low: int = 0
    refill: float = 0.0


def places(method: str, url: str) -> tuple[str, ...]:
    """The places a request counts for, the widest first; none for a registry's own data plane,
    whose 429 is a fact about that registry, and read as one."""
    host, path = _parts(url)
    if _DATA_PLANE.match(path):
        return ()
    kind = _KINDS.get(method.upper(), "writes")
    found = _SUBSCRIPTION.match(path)
    providers = _PROVIDER.findall(path)
    if _GRAPH in providers:
        return (f"{host}/{_GRAPH}",)
    if found is None:
        return (f"{host}/{kind}",)
    whole = f"{host}/{found[1]}/{kind}"
    return (whole, f"{whole}/{providers[-1]}") if providers else (whole,)


def heard(method: str, url: str, response: Any) -> Heard | None:
    """What an answer says about the places its request counted for; None where there are none."""
    named = places(method, url)
    if not named:
        return None
    headers = {
        str(k).lower(): str(v) for k, v in (getattr(response, "headers", None) or {}).items()
    }
    throttled = getattr(response, "status_code", None) == 429
    graph = named[0].endswith(f"/{_GRAPH}")
    left = _left(headers)
    resets = _clock_time(headers.get("x-ms-user-quota-resets-after"))
    pause = _pause(headers) if throttled else None
    if graph and (throttled or left == 0):
        pause = max(pause or 0.0, resets or 0.0) or None
    whole = throttled and (left == 0 or _names_the_whole(headers, response))
    return Heard(
        places=named,
        counted=named[0],
        closes=named[0] if whole or graph else named[-1],
        throttled=throttled,
        pause=pause,
        left=left,
        low=_LOW_GRAPH if graph else _LOW,
        refill=(resets or 5.0) if graph else _REFILL,
    )


def _parts(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower(), re.sub("/+", "/", unquote(parts.path).lower())


def _left(headers: dict[str, str]) -> int | None:
    """The smallest count an answer names."""
    said = [value for name, value in headers.items() if _COUNTED.fullmatch(name)]
    return min((int(one) for one in said if one.isdigit()), default=None)


def _pause(headers: dict[str, str]) -> float | None:
    """Seconds Azure asks for: a number, or a date (RFC 9110, Retry-After)."""
    for name, unit in _RETRY_AFTER:
        text = headers.get(name, "").strip()
        try:
            return _within_reason(float(text) * unit)
        except ValueError:
            pass
        try:
            at = parsedate_to_datetime(text)
            now = parsedate_to_datetime(headers["date"])
        except (ValueError, KeyError, TypeError):
            continue
        return _within_reason((_utc(at) - _utc(now)).total_seconds())
    return None


def _within_reason(seconds: float) -> float | None:
    return min(max(seconds, 1.0), 3600.0) if math.isfinite(seconds) else None


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _clock_time(text: str | None) -> float | None:
    """Seconds of "hh:mm:ss"."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d)(\.\d+)?", text or "")
    return int(found[1]) * 3600.0 + int(found[2]) * 60 + int(found[3]) if found else None


def _names_the_whole(headers: dict[str, str], response: Any) -> bool:
    if headers.get("x-ms-failure-cause") == "gateway":
        return True
    try:
        body = response.internal_response.text
    except Exception:  # a body that cannot be read says nothing
        return False
    return any(word in body for word in _WHOLE)
