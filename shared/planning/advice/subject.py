"""
The subject of a piece of advice: ids and names of one incident, safe to print and to paste.

In:  diagnosis and evidence.
Out: strings. Names chosen by others lose their control characters and are quoted for a shell.

Pure.
"""

import re
import shlex
from dataclasses import dataclass

from shared.model import networks
from shared.model.evidence import Egress, Evidence, PullAuth, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.plan import Diagnosis

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def plain(text: object) -> str:
    """Somebody else's words on one line, without anything a terminal would obey."""
    return _UNPRINTABLE.sub("?", str(text))[:400]


def quoted(text: object) -> str:
    """One shell word."""
    return shlex.quote(plain(text))


@dataclass(frozen=True, slots=True)
class Subject:
    """What advice may name. Where it is not known, a '<placeholder>' says what."""

    diagnosis: Diagnosis
    evidence: Evidence

    @property
    def registry(self) -> Registry | None:
        found = self.evidence.registry
        return found if isinstance(found, Registry) else None

    @property
    def registry_id(self) -> str:
        return quoted(self.registry.id) if self.registry else "'<registry id>'"

    @property
    def registry_args(self) -> str:
        """`--name … --resource-group … --subscription …` for `az acr` commands."""
        if self.registry is None:
            return "--name '<registry>'"
        return f"--name {quoted(self.registry.id.name)} " + where(self.registry.id)

    @property
    def registry_name(self) -> str:
        return quoted(self.registry.id.name) if self.registry else "'<registry>'"

    @property
    def host(self) -> str:
        image = self.evidence.image
        if self.registry:
            return plain(self.registry.login_server)
        return plain(image.host) if image else "the registry"

    @property
    def private_zone(self) -> str:
        """The zone that holds private addresses of registries of this cloud."""
        return quoted(f"privatelink.{self.host.partition('.')[2] or 'azurecr.io'}")

    @property
    def workload(self) -> ResourceId:
        return self.evidence.workload.id

    @property
    def workload_id(self) -> str:
        return quoted(self.workload)

    @property
    def is_site(self) -> bool:
        return self.workload.type.startswith("microsoft.web/")

    @property
    def is_job(self) -> bool:
        return self.workload.type == "microsoft.app/jobs"

    @property
    def app(self) -> str:
        """The `az` command group of a container app or job."""
        return "az containerapp job" if self.is_job else "az containerapp"

    @property
    def site_args(self) -> str:
        """`--name … --resource-group … [--slot …]` for `az webapp` commands."""
        names = self.workload.names
        slot = f" --slot {quoted(names[1])}" if len(names) == 2 else ""
        return f"--name {quoted(names[0])} {where(self.workload)}{slot}"

    @property
    def app_args(self) -> str:
        return f"--name {quoted(self.workload.name)} {where(self.workload)}"

    @property
    def image(self) -> str:
        return plain(self.evidence.image.text) if self.evidence.image else "the image"

    @property
    def repository(self) -> str:
        return plain(self.evidence.image.repository) if self.evidence.image else "<repository>"

    @property
    def subnet(self) -> ResourceId | None:
        return self.evidence.workload.subnet

    @property
    def subnet_id(self) -> str:
        return quoted(self.subnet) if self.subnet else "'<id of a subnet the workload can reach>'"

    @property
    def vnet_id(self) -> str:
        vnet = self.subnet.parent if self.subnet else None
        return quoted(vnet) if vnet else "'<id of the virtual network of the workload>'"

    @property
    def auth(self) -> PullAuth | None:
        found = self.evidence.workload.auth
        return None if isinstance(found, Unread) else found

    @property
    def principal(self) -> str:
        known = self.auth.principal if self.auth else None
        return quoted(known) if known else "'<object id of the pull identity>'"

    @property
    def username(self) -> str:
        """The configured user name, or ""."""
        return plain(self.auth.username or "") if self.auth else ""

    @property
    def missing_addresses(self) -> tuple[str, ...]:
        """The workload's own addresses that may and should become rules."""
        egress = self.evidence.workload.egress
        if self.registry is None or not isinstance(egress, Egress):
            return ()
        good = []
        for text in networks.missing(egress.addresses, self.registry.ip_rules):
            try:
                good.append(networks.written(networks.admissible(text)))
            except networks.Inadmissible:
                continue
        return tuple(good)


def where(id: ResourceId) -> str:
    """`--resource-group … --subscription …` of a resource."""
    return f"--resource-group {quoted(id.group)} --subscription {id.subscription}"


def commands(*lines: str) -> str:
    """Commands, one to a line, set apart from the sentences."""
    return "\n" + "\n".join(f"  {line}" for line in lines)
