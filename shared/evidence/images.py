"""
Which images a workload pulls, from the configuration of its host.

In:  `linuxFxVersion` / `windowsFxVersion` of a web app, or the containers of a container app.
Out: ImageUses in the order they are configured; a note where there is nothing to pull or the
     configuration cannot be understood.

Forms are those App Service stores: `DOCKER|image`, `COMPOSE|base64 yaml`, `sitecontainers`, or a
built-in runtime such as `PYTHON|3.12` (azure-cli, appservice module).
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from shared.model.evidence import ImageUse
from shared.model.image import ImageReference, InvalidReference

_LONGEST_COMPOSE = 256 * 1024


def from_fx(fx: str, sitecontainers: Iterable[Mapping[str, Any]]) -> tuple[list[ImageUse], str]:
    """The images of a web app and a note (empty when all is understood)."""
    kind, _, rest = (fx or "").partition("|")
    match kind.strip().upper():
        case "DOCKER":
            return named([("main", rest)])
        case "COMPOSE":
            return _composed(rest)
        case "SITECONTAINERS":
            return named(
                (str(item.get("name") or "?"), str((item.get("properties") or {}).get("image", "")))
                for item in sitecontainers
            )
        case "":
            return [], "no container is configured (linuxFxVersion and windowsFxVersion are empty)"
        case _:
            return [], f"runs the built-in stack {fx[:60]!r}, not a container image of its own"


def named(pairs: Iterable[tuple[str, str]]) -> tuple[list[ImageUse], str]:
    """Images by container name; what cannot be an image reference is said in the note."""
    uses, notes = [], []
    for container, text in pairs:
        try:
            uses.append(_use(container, ImageReference.parse(text)))
        except InvalidReference as error:
            notes.append(f"container {container!r}: {error}")
    return uses, "; ".join(notes)


def _use(container: str, image: ImageReference) -> ImageUse:
    return ImageUse(
        container=container,
        text=image.text,
        host=image.host,
        repository=image.repository,
        reference=image.digest or image.tag or "latest",
        acr=image.is_acr,
    )


def _composed(encoded: str) -> tuple[list[ImageUse], str]:
    import yaml

    if len(encoded) > _LONGEST_COMPOSE:
        return [], "the compose file is too long to read"
    try:
        document = yaml.safe_load(base64.b64decode(encoded, validate=True))
        services = document["services"]
        pairs = [(str(name), str(service["image"])) for name, service in services.items()]
    except (binascii.Error, ValueError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        return [], "the compose file in linuxFxVersion cannot be read"
    return named(pairs)
