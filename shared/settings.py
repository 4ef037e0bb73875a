"""
Settings: the MEDIC_* environment, read once, judged whole.

In:  the environment as a mapping; `os.environ` is the caller's to hand in.
Out: Settings, always: a bad setting becomes a Problem and stops writes, never the app.

Reads nothing else: no policy file, no blob, no cloud metadata. Imports only the standard library,
because the alert door loads this before it answers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

CLOUDS = ("AzureCloud", "AzureChinaCloud", "AzureUSGovernment")
DEFAULT_STORE = "sqlite:///medic.db"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_YAML = re.compile(r"\s*(\{|---|#|%YAML|[\"']?\w+[\"']?\s*:(\s|$))")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*://\S+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad setting: what is wrong with it and what to do. Values are never repeated here."""

    setting: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class PolicyFile:
    path: Path


@dataclass(frozen=True, slots=True)
class PolicyBlob:
    """An https blob address; the service's identity reads it."""

    url: str


@dataclass(frozen=True, slots=True)
class PolicyText:
    text: str


@dataclass(frozen=True, slots=True)
class SqliteFile:
    path: Path


@dataclass(frozen=True, slots=True)
class TableAccount:
    """The table endpoint of a storage account."""

    url: str


PolicySource = PolicyFile | PolicyBlob | PolicyText
StorePlace = SqliteFile | TableAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the environment says. What it says badly is in `problems`.

    `policy` None: no policy was given, so everything readable is diagnosed and nothing is written.
    `subscriptions` None: all the identity sees; an empty tuple: none, because none was valid.
    `cloud` is one of CLOUDS, or the https address of a resource manager.
    """

    policy: PolicySource | None = None
    store: StorePlace = SqliteFile(Path("medic.db"))
    workspaces: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] | None = None
    cloud: str = CLOUDS[0]
    notify: tuple[str, ...] = field(default=(), repr=False)  # webhook addresses are secrets
    client_id: str | None = None  # our own identity's, as Azure Identity reads it
    console: str | None = None  # the operator's page, where the platform says what it calls us
    problems: tuple[Problem, ...] = ()

    @property
    def may_write(self) -> bool:
        """No setting is bad. One bad setting and nothing in Azure is changed."""
        return not self.problems


class _Bad(ValueError):
    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. A blank setting counts as not given."""
    given = {name: text.strip() for name, text in environ.items() if name.startswith("MEDIC_")}
    problems: list[Problem] = []
    values: dict[str, object] = {}
    for name, read in _READERS.items():
        text = given.get(f"MEDIC_{name.upper()}", "")
        if not text:
            continue
        try:
            values[name] = read(text)
        except ValueError as error:  # one that is not ours may quote the value: keep it out
            bad = error if isinstance(error, _Bad) else _Bad("cannot be understood", "correct it")
            problems.append(Problem(f"MEDIC_{name.upper()}", str(bad), bad.advice))
            if name == "subscriptions":
                values[name] = ()  # a mistake must not widen to all of them
    problems += _misspelt(given)
    own = environ.get("AZURE_CLIENT_ID", "").strip() or None
    page = _console(environ.get("WEBSITE_HOSTNAME", "").strip())
    given_ones = Settings(**values, client_id=own, console=page)  # type: ignore[arg-type]
    return replace(given_ones, problems=tuple(problems))


def _console(host: str) -> str | None:
    """The page's address, from the name the platform gives the app; locally that has a port."""
    if not _HOST.fullmatch(host):
        return None
    local = host.split(":")[0] in ("localhost", "127.0.0.1")
    return f"{'http' if local else 'https'}://{host}/api/console"


def _policy(text: str) -> PolicySource:
    if "\n" in text or _YAML.match(text):
        return PolicyText(text)
    if not _SCHEME.match(text):
        return PolicyFile(Path(text))
    url = urlsplit(text)
    if url.scheme != "https" or ".blob." not in (url.hostname or "") or url.username:
        raise _Bad(
            "is neither a path, nor an https blob address, nor a policy",
            "use https://{account}.blob.core.windows.net/{container}/{name}",
        )
    if url.query or url.fragment:
        raise _Bad(
            "carries a signature or another query",
            "remove what follows '?', and let the service's identity read the blob",
        )
    return PolicyBlob(text)


def _store(text: str) -> StorePlace:
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path.endswith("/") or path == ":memory:":
            raise _Bad("names no file", f"name one, for instance {DEFAULT_STORE}")
        return SqliteFile(Path(path))
    url = urlsplit(text)
    if url.scheme == "https" and ".table." in (url.hostname or "") and not url.username:
        if url.query or url.path.strip("/"):
            raise _Bad(
                "has something after the account's host",
                "give only the endpoint; the service signs in with its identity",
            )
        return TableAccount(f"https://{url.netloc}")
    raise _Bad(
        "is not a store",
        "use sqlite:///path or https://{account}.table.core.windows.net",
    )


def _guids(text: str) -> tuple[str, ...]:
    items = _items(text)
    wrong = [str(place) for place, item in enumerate(items, 1) if not _GUID.fullmatch(item.lower())]
    if wrong or not items:
        where = f"entry {', '.join(wrong)}" if wrong else "the list"
        raise _Bad(f"{where} is not a GUID", "give GUIDs, separated by commas")
    return tuple(dict.fromkeys(item.lower() for item in items))


def _cloud(text: str) -> str:
    for name in CLOUDS:
        if text.lower() == name.lower():
            return name
    url = urlsplit(text)
    if url.scheme != "https" or not url.hostname or url.username or url.query or url.fragment:
        raise _Bad(
            "is not a cloud",
            f"use {', '.join(CLOUDS)} or the https address of a resource manager",
        )
    _ = url.port  # raises ValueError when it is no port
    return text.rstrip("/")


def _notify(text: str) -> tuple[str, ...]:
    items: list[str] = []
    for part in _items(text):
        if items and "?" in items[-1] and "://" not in part:
            items[-1] += f",{part}"  # the address's own comma: mailto://…?to=a@b,c@d
        else:
            items.append(part)
    wrong = [str(place) for place, item in enumerate(items, 1) if not _SCHEME.fullmatch(item)]
    if wrong:
        raise _Bad(f"entry {', '.join(wrong)} is not an address", "write scheme://…, by commas")
    return tuple(items)


def _items(text: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in text.split(",")) if item)


_READERS: dict[str, Callable[[str], object]] = {
    "policy": _policy,
    "store": _store,
    "workspaces": _guids,
    "subscriptions": _guids,
    "cloud": _cloud,
    "notify": _notify,
}


def _misspelt(given: Mapping[str, str]) -> list[Problem]:
    """A name close to one of ours is a slip: left alone, its default would be used unnoticed."""
    known = [f"MEDIC_{name.upper()}" for name in _READERS]
    strange = [name for name in given if name not in known]
    if not strange:
        return []
    from difflib import get_close_matches

    return [
        Problem(name, "is not a setting", f"did you mean {near[0]}?")
        for name in strange
        if (near := get_close_matches(name, known, n=1, cutoff=0.85))
    ]
