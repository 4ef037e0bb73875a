"""
App Service Environments: where the sites in one stand, and the addresses it alone has.

In:  the World and a site.
Out: its subnet and outbound addresses; None and () for a site that lives in none.

Everything a site in an environment sends goes through the environment's subnet, image pulls too
(App Service Environment networking).
"""

from tests.simulator.world import Resource, World


def environment(world: World, site: Resource) -> Resource | None:
    profile = site["properties"].get("hostingEnvironmentProfile") or {}
    return world.resources.get(str(profile.get("id", "")))


def subnet(world: World, site: Resource) -> str | None:
    """The subnet the site's environment stands in."""
    found = environment(world, site)
    return str(found["properties"]["virtualNetwork"]["id"]) if found else None


def addresses(world: World, site: Resource) -> tuple[str, ...]:
    """The environment's own outbound addresses, by the site's kind of worker."""
    found = environment(world, site)
    told = (found["properties"].get("networkingConfiguration") or {}) if found else {}
    kind = "windows" if "windows" in str(site.get("kind", "")).lower() else "linux"
    return tuple(told.get("properties", {}).get(f"{kind}OutboundIpAddresses") or ())
