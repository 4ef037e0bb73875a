"""
What an estate can be: a sound one, and up to three faults.

In:  nothing.
Out: Blueprints, drawn by Hypothesis. The first word of every choice is the plainest, so that what
     is found shrinks to it.

Pure data. A blueprint without faults describes an estate whose pulls work.
"""

from dataclasses import dataclass, fields
from typing import Any

from hypothesis import strategies as st

SITES = ("web-app", "slot", "functions", "windows", "compose", "sidecar")
HOSTS = (*SITES, "container-app", "job", "consumption-app")
SIGN_INS = ("system", "user", "admin", "vault", "token", "anonymous")
#: Posture of the registry towards public networks: all, listed addresses, none.
POSTURES = ("open", "deny", "closed")
WAYS = ("platform", "nat", "nat-prefix", "firewall", "private", "premium-v4")
#: Where the pull role is assigned.
ROLE_SCOPES = ("registry", "group", "subscription")
CLOUDS = ("AzureCloud", "AzureChinaCloud", "AzureUSGovernment")
LOCKS = ("", "CanNotDelete", "ReadOnly")
OPT_OUTS = ("", "workload", "registry", "group")
#: Built-in policies on the subscription, by what they would do to a write.
POLICIES = ("", "closing", "denying")
MODES = ("auto", "approve", "observe")
#: What the signal says: nothing, or a row the platform printed.
TEXTS = ("", "platform")
FAULTS = (
    "no-rules",
    "some-rules",
    "public-off",
    "endpoint-pending",
    "zone-unlinked",
    "no-record",
    "no-data-record",
    "unrouted",
    "custom-dns",
    "black-hole",
    "nsg-registry",
    "nsg-entra",
    "nsg-storage",
    "appliance",
    "role-removed",
    "role-removed-long-ago",
    "role-reaped",
    "role-never",
    "mode-switched",
    "recreated",
    "denied",
    "arm-audience",
    "detached",
    "not-used",
    "rotated",
    "admin-off",
    "vault-closed",
    "token-expired",
    "no-tag",
    "no-repository",
    "locked",
    "quarantined",
    "wrong-platform",
    "registry-gone",
    "repointed",
)
_LOSSES = ("role-removed", "role-removed-long-ago", "role-reaped", "role-never", "recreated")


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """One estate. Every default is the plainest sound choice."""

    host: str = "web-app"
    sign_in: str = "system"
    posture: str = "open"
    way: str = "platform"
    abac: bool = False
    narrow: bool = False  # an ABAC assignment is conditioned on the one repository
    sku: str = "Premium"
    role_scope: str = "registry"
    member: bool = False  # the role is a group's, and the identity is in it
    elsewhere: str = ""  # the registry is in a "second" subscription, or in a "hidden" one
    digest: bool = False  # the image is named by digest
    label: bool = False  # the login server carries a domain name label
    replica: bool = False  # geo-replicated
    cloud: str = "AzureCloud"
    faults: tuple[str, ...] = ()
    lock: str = ""
    opt_out: str = ""
    policy: str = ""
    pair: bool = False
    shared_firewall: bool = False  # the policy accepts whoever else is behind an Azure Firewall
    mode: str = "auto"
    text: str = ""
    slow: bool = False  # rules and roles take minutes to reach the data plane
    late: int = 0  # seconds the platform kept failing before the product hears of it
    page: int = 0  # rows Resource Graph gives at once; 0: as many as asked for
    index_lag: int = 0  # seconds Resource Graph lags behind
    ghosts: tuple[str, ...] = ()  # faults that were there before, and only it still shows

    def __str__(self) -> str:
        """Only what is not plain, as Python: paste it into a test."""
        plain = Blueprint()
        told = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(plain, field.name)
        ]
        return f"Blueprint({', '.join(told)})"

    __repr__ = __str__

    def but(self, **changes: Any) -> "Blueprint":
        return Blueprint(
            **{field.name: getattr(self, field.name) for field in fields(self)} | changes
        )

    @property
    def is_site(self) -> bool:
        return self.host in SITES

    @property
    def in_network(self) -> bool:
        return self.way in ("nat", "nat-prefix", "firewall", "private")

    @property
    def way_is_fixed(self) -> bool:
        """Whether ARM proves the addresses the registry sees."""
        if self.way == "platform":
            return self.is_site
        return self.way != "premium-v4" and (self.way != "firewall" or self.shared_firewall)

    @property
    def uses_identity(self) -> bool:
        return self.sign_in in ("system", "user")


def sound(one: Blueprint) -> Blueprint:
    """The nearest blueprint that Azure would let exist and whose pulls work."""
    changes: dict[str, Any] = {}
    if one.sku != "Premium":
        changes |= {"posture": "open", "replica": False}
        if one.way == "private":
            changes["way"] = "platform"
    way = changes.get("way", one.way)
    if one.host == "consumption-app" or (one.host == "windows" and way != "premium-v4"):
        way = "platform"  # neither NAT nor routes; whether Windows pulls over a network is open
    if way == "premium-v4" and not one.is_site:
        way = "platform"
    changes["way"] = way
    posture = changes.get("posture", one.posture)
    if posture == "closed" and way != "private":
        changes["posture"] = "deny"
    if one.sign_in == "anonymous" and one.sku == "Basic":
        changes["sign_in"] = "system"
    if one.host == "sidecar" and one.sign_in in ("admin", "vault", "token"):
        changes["sign_in"] = "user"
    if one.sign_in == "vault" and not one.is_site:
        changes["sign_in"] = "admin"
    sign_in = changes.get("sign_in", one.sign_in)
    changes["narrow"] = one.narrow and one.abac and sign_in in ("system", "user")
    if one.host == "compose":
        changes["digest"] = False
    return one.but(**changes)


def haunted(one: Blueprint, ghosts: list[str]) -> Blueprint:
    """The estate as the index remembers it: with faults that are none any more."""
    if not one.index_lag:
        return one
    return one.but(ghosts=tuple(ghost for ghost in ghosts if _applies(ghost, one)))


def _applies(fault: str, to: Blueprint) -> bool:
    """Whether a fault means anything in an estate."""
    needs = {
        "no-rules": to.posture == "deny" and to.way != "private",
        "some-rules": to.posture == "deny" and to.way in ("platform", "nat", "premium-v4"),
        "public-off": to.sku == "Premium" and to.way != "private",
        "custom-dns": to.way == "private",
        "unrouted": to.way == "private" and to.is_site,
        "not-used": to.uses_identity and to.host != "sidecar",
        "rotated": to.sign_in in ("admin", "vault"),
        "admin-off": to.sign_in in ("admin", "vault"),
        "vault-closed": to.sign_in == "vault",
        "token-expired": to.sign_in == "token",
        "mode-switched": to.uses_identity and not to.abac,
        "recreated": to.sign_in == "system",
        "wrong-platform": not to.digest,
        "repointed": to.host not in ("compose", "sidecar", "windows")
        and to.way != "firewall"
        and to.role_scope == "registry",  # else the stranger's owner let the workload pull, too
    }
    if fault in needs:
        return needs[fault]
    if fault in ("endpoint-pending", "zone-unlinked", "no-record", "no-data-record"):
        return to.way == "private"
    if fault in ("black-hole", "nsg-registry", "nsg-entra", "nsg-storage", "appliance"):
        return to.in_network
    if fault.startswith("role-") or fault in ("denied", "arm-audience", "detached"):
        return to.uses_identity
    return True


def broken(one: Blueprint, faults: list[str]) -> Blueprint:
    """The estate with those of the faults that mean anything in it; a role is lost once."""
    kept = [fault for fault in FAULTS if fault in faults and _applies(fault, one)]
    lost = [fault for fault in kept if fault in _LOSSES]
    return one.but(faults=tuple(fault for fault in kept if fault not in lost[1:]))


_often_plain = {
    "posture": ("deny", "deny", "open", "closed"),
    "sku": ("Premium", "Premium", "Premium", "Standard", "Basic"),
    "cloud": ("AzureCloud", "AzureCloud", *CLOUDS),
    "lock": ("", "", "", "", "", *LOCKS),
    "opt_out": ("", "", "", "", "", "", *OPT_OUTS),
    "policy": ("", "", "", "", "", *POLICIES),
    "mode": ("auto", "auto", "auto", "auto", *MODES),
    "role_scope": ("registry", "registry", *ROLE_SCOPES),
    "index_lag": (0, 0, 300),
    "elsewhere": ("", "", "", "second", "second", "hidden"),
    "member": (False, False, False, True),
    "page": (0, 0, 0, 1),
    "slow": (False, False, True),
    "late": (0, 0, 0, 600, 3600),
}
_choices: dict[str, st.SearchStrategy[Any]] = {
    "host": st.sampled_from(HOSTS),
    "sign_in": st.sampled_from(("system", "system", *SIGN_INS)),
    "way": st.sampled_from(WAYS),
    "text": st.sampled_from(TEXTS),
    **{name: st.booleans() for name in ("abac", "narrow", "digest", "label", "replica", "pair")},
    "shared_firewall": st.booleans(),
    **{name: st.sampled_from(words) for name, words in _often_plain.items()},
}

_GHOSTS = ("zone-unlinked", "no-record", "endpoint-pending", "registry-gone", "public-off")

#: Sound estates.
sound_ones: st.SearchStrategy[Blueprint] = st.builds(
    haunted,
    st.builds(Blueprint, **_choices).map(sound),
    st.lists(st.sampled_from(_GHOSTS), max_size=2, unique=True),
)


@st.composite
def broken_ones(draw: st.DrawFn) -> Blueprint:
    """Estates with one to three faults that mean something in them."""
    one = draw(sound_ones)
    able = [fault for fault in FAULTS if _applies(fault, one)]
    faults = draw(st.lists(st.sampled_from(able), min_size=1, max_size=3, unique=True))
    return broken(one, faults)


#: Faults for which the decision table has a cure, somewhere.
CURABLE = (
    "no-rules",
    "some-rules",
    "zone-unlinked",
    "unrouted",
    "role-removed",
    "role-reaped",
    "role-never",
    "recreated",
    "mode-switched",
    "not-used",
    "rotated",
)


@st.composite
def healing_ones(draw: st.DrawFn) -> Blueprint:
    """Estates in surroundings that let every write pass, with faults that have a cure."""
    kind = draw(st.sampled_from(("system", "system", "user", "admin")))
    one = draw(sound_ones)
    calm = {"lock": "", "opt_out": "", "policy": "", "pair": draw(st.booleans())}
    one = sound(one.but(sign_in=kind, **calm))
    if one.elsewhere == "hidden":
        one = one.but(elsewhere="second")
    one = one.but(mode="approve" if one.mode == "approve" else "auto", shared_firewall=True)
    if not one.way_is_fixed:
        one = one.but(posture="open")
    able = [fault for fault in CURABLE if _applies(fault, one)]
    if not able:
        return one
    faults = draw(st.lists(st.sampled_from(able), min_size=1, max_size=3, unique=True))
    return broken(one, faults)
