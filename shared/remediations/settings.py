"""
The app settings of a site: replaced whole, with one of them changed, and compared by fingerprint.

In:  the settings as just read, the name of the one that changes and its new value.
Out: what is there afterwards, and the names (never the values) of what else differs.

`PUT …/config/appsettings` replaces every setting and restarts the app; there is neither an etag
nor a write of one setting (Microsoft.Web 2025-05-01). So all are sent as they were read a moment
before, and read back. What somebody else writes in the milliseconds in between, nobody can see.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.clients import stored
from shared.clients.azure import Azure
from shared.errors import PermanentError, Unreachable
from shared.model.ids import ResourceId
from shared.remediations import sending

_MOST_NAMES = 5


def write(azure: Azure, site: ResourceId, wanted: Mapping[str, str], name: str) -> dict[str, str]:
    """Send all settings once and read them back; `name` is the one that tells whether they came.

    Raises what refused the write; Unreachable when nobody can tell whether it was carried out.
    """
    what, send = f"wrote the app settings of {site}", _put(azure, site, wanted)
    trouble = sending.once(azure, what, send, secret=wanted.values())
    try:
        now = stored.app_settings(azure, site)
    except (PermanentError, Unreachable) as cut:
        text = f"a change of {site} was sent and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
    if trouble is not None and not is_there(now, name, wanted[name]):
        raise trouble
    return now


def is_there(settings: Mapping[str, str], name: str, value: str) -> bool:
    return name in settings and stored.same(settings[name], value)


def differences(sent: Mapping[str, str], now: Mapping[str, str], *, but: str) -> tuple[str, ...]:
    """What else differs, in words without values; `but` is the setting that was to change."""
    gone = [f"{name} is gone" for name in sorted(sent.keys() - now.keys() - {but})]
    new = [f"{name} is new" for name in sorted(now.keys() - sent.keys() - {but})]
    other = [
        f"{name} has another value"
        for name in sorted((sent.keys() & now.keys()) - {but})
        if not stored.same(sent[name], now[name])
    ]
    return (*gone, *new, *other)


def told(differences: Iterable[str]) -> str:
    """The end of a sentence about what somebody else changed at the same time; "" for nothing."""
    said = list(differences)
    if not said:
        return ""
    more = f" and {len(said) - _MOST_NAMES} more" if len(said) > _MOST_NAMES else ""
    return f". Not by us, at the same time: {'; '.join(said[:_MOST_NAMES])}{more}"


def _put(azure: Azure, site: ResourceId, wanted: Mapping[str, str]) -> Callable[[], Any]:
    operations = azure.web(site.subscription).web_apps
    body: Any = {"properties": dict(wanted)}
    if len(site.names) == 2:
        return lambda: operations.update_application_settings_slot(
            site.group, site.names[0], site.names[1], body, **sending.ONCE
        )
    return lambda: operations.update_application_settings(
        site.group, site.name, body, **sending.ONCE
    )
