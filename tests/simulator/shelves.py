"""
What lies in a registry: repositories, tags, manifests, and what was deleted softly.

In:  the World's `images` and `deletedImages`, by login server, repository and tag.
Out: a Shelf per repository, in the words of the registry's attribute API.

An image entry is {"digest", "platforms", "pushed", "locked"?, "quarantined"?}; several platforms
make it an index. A deleted one is {"digest", "deleted"}. No opinion on who may see it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.simulator.world import Resource, World

_INDEX = "application/vnd.oci.image.index.v1+json"
_IMAGE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LONG_AGO = "2026-01-12T10:30:00.0000000Z"
_SIZE = 2_401_606


@dataclass(frozen=True, kw_only=True)
class Item:
    """One tag and the manifest behind it."""

    name: str
    digest: str
    platforms: tuple[str, ...]
    pushed: str
    readable: bool
    quarantined: bool | None  # None: the registry has no quarantine

    @property
    def media_type(self) -> str:
        return _INDEX if len(self.platforms) > 1 else _IMAGE

    @property
    def changeable(self) -> dict[str, Any]:
        known = {
            "deleteEnabled": True,
            "writeEnabled": True,
            "listEnabled": True,
            "readEnabled": self.readable,
        }
        return known | self._quarantine

    @property
    def _quarantine(self) -> dict[str, str]:
        if self.quarantined is None:
            return {}
        return {"quarantineState": "Quarantined" if self.quarantined else "Passed"}

    @property
    def tag(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "digest": self.digest,
            "createdTime": self.pushed,
            "lastUpdateTime": self.pushed,
            "signed": False,
            "changeableAttributes": self.changeable,
        }

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest itself. Its content does not hash to the scenario's digest."""
        about: dict[str, Any] = {"schemaVersion": 2, "mediaType": self.media_type}
        if len(self.platforms) > 1:
            return about | {
                "manifests": [
                    {
                        "mediaType": _IMAGE,
                        "size": 1022,
                        "digest": _digest(self.digest, platform),
                        "platform": _platform(platform),
                    }
                    for platform in self.platforms
                ]
            }
        config = {"mediaType": _CONFIG, "size": 1469, "digest": _digest(self.digest, "config")}
        return about | {"config": config, "layers": []}

    @property
    def attributes(self) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "digest": self.digest,
            "imageSize": _SIZE,
            "createdTime": self.pushed,
            "lastUpdateTime": self.pushed,
            "changeableAttributes": self.changeable,
        }
        if len(self.platforms) > 1:
            kept["references"] = [
                {"digest": _digest(self.digest, platform), **_platform(platform)}
                for platform in self.platforms
            ]
        else:
            kept |= {"configMediaType": _CONFIG, **_platform(self.platforms[0])}
        return kept


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """One repository. It exists as long as something lies in it."""

    name: str
    tags: Mapping[str, Item] = field(default_factory=dict)
    deleted: tuple[dict[str, Any], ...] = ()

    @property
    def exists(self) -> bool:
        return bool(self.tags)

    def find(self, reference: str) -> Item | None:
        """By tag or by digest."""
        if ":" not in reference:
            return self.tags.get(reference)
        return next((one for one in self.tags.values() if one.digest == reference), None)

    def manifest_of(self, item: Item) -> dict[str, Any]:
        names = sorted(one.name for one in self.tags.values() if one.digest == item.digest)
        return {**item.attributes, "tags": names}

    @cached_property
    def attributes(self) -> dict[str, Any]:
        moments = sorted(one.pushed for one in self.tags.values())
        return {
            "imageName": self.name,
            "createdTime": moments[0],
            "lastUpdateTime": moments[-1],
            "manifestCount": len({one.digest for one in self.tags.values()}),
            "tagCount": len(self.tags),
            "changeableAttributes": {
                "deleteEnabled": True,
                "writeEnabled": True,
                "listEnabled": True,
                "readEnabled": True,
            },
        }


def of(world: World, registry: Resource, repository: str) -> Shelf:
    policies = registry["properties"].get("policies") or {}
    quarantine = (policies.get("quarantinePolicy") or {}).get("status") == "enabled"
    tags = _server(world.images, registry).get(repository) or {}
    gone = _server(world.deleted_images, registry).get(repository) or {}
    return Shelf(
        name=repository,
        tags={name: _item(name, entry, quarantine) for name, entry in tags.items()},
        deleted=tuple(
            {
                "tag": name,
                "digest": entry["digest"],
                "createdAt": entry.get("pushed", _LONG_AGO),
                "deletedAt": entry["deleted"],
            }
            for name, entry in gone.items()
        ),
    )


def upstream(world: World, registry: Resource, repository: str) -> dict[str, Any]:
    """The tags a cache rule would fetch for a repository, by name; empty without a rule for it."""
    kind = "Microsoft.ContainerRegistry/registries/cacheRules"
    for rule in world.resources.of_type(kind, registry["id"]):
        source = str(rule["properties"]["sourceRepository"])
        target = str(rule["properties"]["targetRepository"])
        if target.endswith("*"):
            if not repository.startswith(target[:-1]):
                continue
            source = source.removesuffix("*") + repository.removeprefix(target[:-1])
        elif target != repository:
            continue
        host, _, name = source.partition("/")
        return dict((world.images.get(host) or {}).get(name) or {})
    return {}


def names(world: World, registry: Resource) -> list[str]:
    return sorted(name for name, tags in _server(world.images, registry).items() if tags)


def _server(images: Mapping[str, Any], registry: Resource) -> dict[str, Any]:
    server = str(registry["properties"].get("loginServer", "")).lower()
    return {key.lower(): value for key, value in images.items()}.get(server) or {}


def _item(name: str, entry: Mapping[str, Any], quarantine: bool) -> Item:
    return Item(
        name=name,
        digest=entry["digest"],
        platforms=tuple(entry.get("platforms") or ("linux/amd64",)),
        pushed=entry.get("pushed") or _LONG_AGO,
        readable=not entry.get("locked"),
        quarantined=bool(entry.get("quarantined")) if quarantine else None,
    )


def _platform(text: str) -> dict[str, str]:
    system, _, rest = text.partition("/")
    return {"os": system, "architecture": rest.partition("/")[0]}


def _digest(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("/".join(parts).encode()).hexdigest()
