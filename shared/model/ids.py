"""
Resource ids: the only names by which this product refers to anything in Azure.

In:  text from an alert, an event, a person or ARM.
Out: a ResourceId, or InvalidId saying what is wrong with the text.

Ids in alerts are often lower-cased (common alert schema documentation), so equality and hashing
ignore case while the text keeps the spelling it came with. Pure.
"""

import re
from dataclasses import dataclass
from functools import cached_property

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: One id segment: what Azure allows in the names we handle, and nothing that could leave the path.
_SEGMENT = re.compile(r"[A-Za-z0-9_()][A-Za-z0-9_().\-]*")
_LONGEST = 2048


class InvalidId(ValueError):
    """The text is not a resource id. The message names the part that is wrong."""


@dataclass(frozen=True, eq=False)
class ResourceId:
    """`/subscriptions/{guid}/resourceGroups/{group}/providers/{namespace}/{type}/{name}…`."""

    text: str

    @classmethod
    def parse(cls, text: object) -> "ResourceId":
        """Accept exactly a resource below a resource group; anything else raises InvalidId."""
        if not isinstance(text, str):
            raise InvalidId(f"a resource id is a string, not {type(text).__name__}")
        if len(text) > _LONGEST:
            raise InvalidId(f"longer than {_LONGEST} characters")
        parts = text.strip().rstrip("/").split("/")
        if len(parts) < 9 or parts[0] or parts[1].lower() != "subscriptions":
            raise InvalidId(
                "expected /subscriptions/{id}/resourceGroups/{group}/providers/{type}/{name}"
            )
        if not _GUID.fullmatch(parts[2]):
            raise InvalidId("the subscription is not a GUID")
        if parts[3].lower() != "resourcegroups" or parts[5].lower() != "providers":
            raise InvalidId("expected …/resourceGroups/{group}/providers/… after the subscription")
        if len(parts) % 2 == 0:
            raise InvalidId("the last type has no name")
        for part in [parts[4], *parts[6:]]:
            if not _SEGMENT.fullmatch(part) or part.endswith(".") or ".." in part:
                raise InvalidId(f"{part[:60]!r} cannot be part of a resource id")
        return cls("/".join(parts))

    @cached_property
    def key(self) -> str:
        """The spelling-independent form: use it as dictionary key and in the store."""
        return self.text.lower()

    @cached_property
    def _parts(self) -> list[str]:
        return self.text.split("/")

    @property
    def subscription(self) -> str:
        return self._parts[2]

    @property
    def group(self) -> str:
        return self._parts[4]

    @property
    def type(self) -> str:
        """Lower-case full type: `microsoft.web/sites/slots`."""
        return "/".join([self._parts[6], *self._parts[7::2]]).lower()

    @property
    def name(self) -> str:
        """The last name."""
        return self._parts[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name below the provider: ("shop", "staging") for a slot."""
        return tuple(self._parts[8::2])

    @property
    def group_id(self) -> str:
        """The resource group's own id."""
        return "/".join(self._parts[:5])

    @property
    def parent(self) -> "ResourceId | None":
        """The resource this one is a child of, or None at the top."""
        return ResourceId("/".join(self._parts[:-2])) if len(self._parts) > 9 else None

    def child(self, *segments: str) -> "ResourceId":
        return ResourceId("/".join([self.text, *segments]))

    def within(self, scope: str) -> bool:
        """True when `scope` is this resource or an ancestor (subscription, group, parent)."""
        ancestor = scope.lower().rstrip("/")
        return self.key == ancestor or self.key.startswith(ancestor + "/")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text
