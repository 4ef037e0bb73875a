"""
Checks on the workload's own network: does a rule, route, firewall or name server there stop a pull?

In:  a Case; the obstacles that were read on the public way.
Out: Answers about one finding, `client-side-block`, at the stages a pull meets: the registry, the
     sign-in, the layers. And the same finding as a conclusion, when only the text speaks of it.

A private way's own rules and routes are the private path's (`private.py`). A registry that answered
was reached, so what may be in the way (and is not surely) is only asked about where no text shows
that. Pure.
"""

from shared.diagnosis.case import ON_THE_WAY, Answer, Case, excluded, found, unknown
from shared.model.evidence import Unread
from shared.model.private_path import Blocked, Obstacle
from shared.model.words import Cause, FindingName

_NAME = FindingName.CLIENT_SIDE_BLOCK
#: What the texts about the way say.
WORDS = {
    Cause.DNS_FAILURE: "the registry's name could not be resolved",
    Cause.NETWORK_TIMEOUT: "the connection timed out or was cut",
    Cause.TLS_ERROR: "the TLS handshake failed",
    Cause.DATA_ENDPOINT_DENIED: "the layers' own host (data endpoint or storage) was refused",
}
#: Which obstacles may explain which text.
_EXPLAINS = {
    Cause.DNS_FAILURE: (Blocked.NAMES,),
    Cause.DATA_ENDPOINT_DENIED: (Blocked.LAYERS,),
}


def registry_out_of_reach(case: Case) -> Answer | None:
    """No pull gets as far as the registry."""
    if not case.in_a_network:
        return excluded(_NAME, "pulls leave through the platform, not through a network of its own")
    if case.registry.public_access is False or case.private is True:
        return None  # what is closed to the public is reached privately or not at all
    sure = _sure(case, Blocked.NAMES, Blocked.REGISTRY)
    if sure and case.private is None:
        return unknown(_NAME, f"{sure[0].because}; pulls may use a private endpoint instead")
    if sure:
        return found(_NAME, f"The workload's own network stops its pulls: {_named(sure)}")
    obstacles = case.evidence.obstacles
    if isinstance(obstacles, Unread):
        said = f"the network pulls leave from is {obstacles.because}"
        return unknown(_NAME, said) if case.claim is None else None
    perhaps = [one for one in obstacles if one.blocks is Blocked.REGISTRY]
    if not perhaps:
        return excluded(_NAME, "no rule or route of its network keeps the workload from it")
    return unknown(_NAME, perhaps[0].because) if case.claim is None else None


def sign_in_out_of_reach(case: Case) -> Answer | None:
    """The identity's token cannot be fetched, which hosts report as an unauthorized pull."""
    sure = _sure(case, Blocked.SIGN_IN)
    if not case.in_a_network or not case.uses_identity or not sure:
        return None
    return found(
        _NAME,
        "The workload's own network keeps it from Microsoft Entra, so its identity gets no token "
        f"and the pull looks unauthorized: {_named(sure)}",
    )


def layers_out_of_reach(case: Case) -> Answer | None:
    """The registry answers, and the image's layers cannot be fetched."""
    sure = _sure(case, Blocked.LAYERS)
    if not case.in_a_network or not sure or case.private is not False:
        return None
    if case.registry.public_access is False:
        return None
    return found(
        _NAME,
        f"The workload's own network keeps it from the image's layers: {_named(sure)}",
    )


def unseen_block(case: Case) -> Answer | None:
    """Everything that was read is in order, and the text says that the way is not."""
    if case.claim not in ON_THE_WAY or case.claim is None or not case.in_a_network:
        return None
    opening = f"The registry's side is in order, but {WORDS[case.claim]}"
    perhaps = suspects(case)
    if perhaps:
        return found(_NAME, f"{opening}. What may be in the way: {_named(perhaps)}")
    return found(
        _NAME,
        f"{opening}: something in the workload's own network (DNS, firewall, NSG or route) stands "
        "between them, and no rule or route that could be read does",
    )


def unseen_sign_in(case: Case) -> Answer | None:
    """Unauthorized though everything is right: a token that cannot be fetched looks the same.

    Only said where something on the way to Microsoft Entra could not be looked into.
    """
    if case.claim not in (Cause.UNAUTHORIZED, Cause.IDENTITY_UNAVAILABLE) or not case.in_a_network:
        return None
    obstacles = case.evidence.obstacles
    if isinstance(obstacles, Unread) or not case.uses_identity:
        return None
    perhaps = tuple(one for one in obstacles if one.blocks is Blocked.SIGN_IN)
    if not perhaps:
        return None
    return found(
        _NAME,
        "Everything at the registry is in order, and the pull is unauthorized all the same, as it "
        "is when the identity's token cannot be fetched from Microsoft Entra. What may be in the "
        f"way: {_named(perhaps)}",
    )


def suspects(case: Case) -> tuple[Obstacle, ...]:
    """Obstacles that may explain the text, those of its own stage first."""
    obstacles = case.evidence.obstacles
    if isinstance(obstacles, Unread) or case.claim is None:
        return ()
    stages = _EXPLAINS.get(case.claim, (Blocked.REGISTRY, Blocked.LAYERS, Blocked.SIGN_IN))
    return tuple(one for one in obstacles if one.blocks in stages)


def _sure(case: Case, *stages: Blocked) -> tuple[Obstacle, ...]:
    obstacles = case.evidence.obstacles
    if isinstance(obstacles, Unread):
        return ()
    return tuple(one for one in obstacles if one.sure and one.blocks in stages)


def _named(obstacles: tuple[Obstacle, ...]) -> str:
    """The first few, each in its own words."""
    said = list(dict.fromkeys(one.because for one in obstacles))
    return "; ".join(said[:2]) + (f" (and {len(said) - 2} more)" if len(said) > 2 else "")
