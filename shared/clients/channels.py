"""
Channels: where people read: chats, mail, pagers, webhooks; through Apprise.

In:  the addresses of MEDIC_NOTIFY, and messages.
Out: for each channel whether it took the message, and if not why, without a secret.

Apprise is imported where a message is sent or an address is judged, never before. Nothing is
raised: a channel that fails is told, and stops nobody. What the library logs may name addresses,
so it stays here.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from shared.model.discretion import HIDDEN, discreet

#: Channels that wake people: they get what needs a person, and are told when it is over.
_PAGERS = frozenset(
    {"pagerduty", "opsgenie", "splunk", "victorops", "pagertree", "signl4", "spike"}
)
_LOOKS = frozenset({"image", "format"})
_TEAMS = frozenset({"workflow", "workflows"})
_CHATS = _TEAMS | {"slack"}
_WEB = {"https": "jsons", "http": "json"}
#: Seconds; Apprise allows four, and a webhook that starts a workflow takes longer to answer.
_PATIENCE = {"cto": "5", "rto": "15"}
#: What says for certain that nobody got the message: an answer that refuses it, or no connection.
_NOT_TAKEN = re.compile(
    r"error=(?!50[24])[1-9]\d\d|refused|new connection|not known|resol|connect timeout"
    r"|unreachable|certificate",
    re.IGNORECASE,
)
_KINDS = {"decide": "warning", "act": "failure", "good": "success", "note": "info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. `kind` is a `Tone` of the notices; `brief` is for pagers."""

    key: str
    kind: str
    title: str
    text: str
    brief: str
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How it went. `error` None: taken. `again`: certainly not taken, so it may be sent again."""

    error: str | None = None
    again: bool = False


class Channel:
    """One address of MEDIC_NOTIFY. `name` tells it from others and says nothing of it."""

    def __init__(self, number: int, address: str) -> None:
        self._address = address
        self.name = hashlib.sha256(address.encode()).hexdigest()[:12]
        self.label = f"entry {number} ({_shown(address)})"

    @property
    def is_pager(self) -> bool:
        return urlsplit(self._address).scheme.lower() in _PAGERS

    @property
    def problem(self) -> str | None:
        """Why nothing can ever be sent there; None: something can."""
        if self._plugin({}) is None:
            return (
                f"{self.label} is not an address any notification service has; see "
                "https://github.com/caronc/apprise/wiki, or give the https address of a webhook"
            )
        return None

    def send(self, message: Message) -> Sent:
        """One try. A pager is not woken by what needs nobody."""
        if self.is_pager and message.kind == "note":
            return Sent()
        try:
            return self._send(message)
        except Exception as error:  # whatever a channel does, it stops nobody
            return Sent(error=self._masked(f"{type(error).__name__}: {error}"))

    def _send(self, message: Message) -> Sent:
        import apprise

        logging.getLogger("apprise").propagate = False  # its lines name addresses
        plugin = self._plugin(self._extras(message))
        if plugin is None:
            return Sent(error=self.problem)
        sender = apprise.Apprise(plugin, asset=plugin.asset)
        text = message.text
        if self._scheme in _TEAMS:
            text = re.sub(r"\n+", "\n\n", text)  # a card breaks lines between paragraphs only
        result = sender.notify(
            body=message.brief if self.is_pager else text,
            title=message.title,
            notify_type=_KINDS[message.kind],
            body_format="text",
            log_level=logging.DEBUG,
        )
        if result:
            return Sent()
        logs = [(entry.level, entry.message) for entry in result.logs()]
        said = [text for level, text in logs if level in ("WARNING", "ERROR", "CRITICAL")]
        certain = any(_NOT_TAKEN.search(text) for _, text in logs)
        return Sent(error=self._masked("; ".join(said) or "refused"), again=certain)

    def _extras(self, message: Message) -> dict[str, str]:
        """What else the channel can carry: the incident for programs, one page per incident."""
        if self._scheme in ("json", "jsons"):
            extras = {":incident": message.key, ":tone": message.kind}
            return extras | ({":link": message.link} if message.link else {})
        if self._scheme == "pagerduty":
            extras = {"dedup": message.key, "action": "map", "image": "no"}
            return extras | ({"click": message.link} if message.link else {})
        # Pictures come from a public address; and what is no Markdown is not to be read as some.
        return {"image": "no", "format": "text"} if self._scheme in _CHATS else {}

    @cached_property
    def _scheme(self) -> str:
        return urlsplit(self._url).scheme.lower()

    @cached_property
    def _url(self) -> str:
        """The address as the library reads it; a web address no service claims is a webhook that
        takes JSON, its query included."""
        import apprise

        url = urlsplit(self._address)
        scheme = _WEB.get(url.scheme.lower())
        if scheme is None:
            return self._address
        if (known := apprise.Apprise.instantiate(self._address)) is not None:
            named = {name for name, _ in parse_qsl(url.query)}
            bare, _, rest = str(known.url()).partition("?")
            kept = [one for one in parse_qsl(rest) if one[0] not in _LOOKS or one[0] in named]
            return f"{bare}?{urlencode(kept)}"
        query = urlencode([(f"-{name}", value) for name, value in parse_qsl(url.query)])
        return f"{scheme}://{url.netloc}{url.path}" + (f"?{query}" if query else "")

    def _plugin(self, extras: Mapping[str, str]) -> Any:
        import apprise

        logging.getLogger("apprise").propagate = False
        given = {name for name, _ in parse_qsl(urlsplit(self._url).query)}
        wanted = {**_PATIENCE, **extras}
        added = {name: text for name, text in wanted.items() if name not in given}
        query = "&".join(f"{quote(name, safe=':')}={quote(text)}" for name, text in added.items())
        url = f"{self._url}{'&' if urlsplit(self._url).query else '?'}{query}"
        asset = apprise.AppriseAsset(
            app_id="Pull Medic",
            app_desc="Pull Medic",
            app_url="",
            async_mode=False,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
        )
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)

    def _masked(self, text: str) -> str:
        """What the library says, without any part of the address but its host."""
        host = (urlsplit(self._address).hostname or "").lower() if _host_is_public(self) else ""
        for part in sorted(set(re.split(r"[^\w.-]+", self._address)), key=len, reverse=True):
            if len(part) >= 6 and part.lower() != host:
                text = text.replace(part, HIDDEN)
        return discreet(text)[:300]


def channels(addresses: Iterable[str]) -> tuple[Channel, ...]:
    return tuple(Channel(number, address) for number, address in enumerate(addresses, 1))


def _shown(address: str) -> str:
    """The scheme, and the host where it is one: some services put a token there."""
    url = urlsplit(address)
    if url.scheme.lower() in _WEB and url.hostname:
        return f"{url.scheme}, {url.hostname}"
    return url.scheme


def _host_is_public(channel: Channel) -> bool:
    return "," in channel.label
