"""
The rules a plan is asked by, in the order in which their objections are told.

In:  nothing.
Out: RULES for every plan; REMOVAL_RULES for an offer to take rules of our own away.
"""

from shared.gate import (
    conduct,
    consent,
    firewall,
    private,
    proof,
    removal,
    roles,
    scope,
    sign_in,
    surroundings,
    waves,
)
from shared.gate.case import Rule

RULES: tuple[Rule, ...] = (
    scope.within_scope,
    scope.not_opted_out,
    scope.on_target,
    scope.near_by,
    proof.something_to_do,
    proof.nothing_in_doubt,
    proof.registry_known,
    proof.evidence_fresh,
    consent.owner_consents,
    firewall.only_adds_proven_addresses,
    firewall.way_out_proven,
    firewall.sharing_allowed,
    firewall.room_left,
    firewall.registry_writable,
    private.only_routes_pulls,
    private.only_links_the_zone,
    sign_in.password_where_it_was,
    sign_in.identity_may_pull,
    roles.only_the_pull_role,
    surroundings.not_locked,
    surroundings.policies_stand_back,
    conduct.somebody_decided,
    conduct.not_frozen,
    conduct.within_limits,
    conduct.cooled_down,
    conduct.breaker_closed,
    conduct.not_tried_in_vain,
    conduct.nobody_refused,
    conduct.not_flapping,
    waves.no_shared_fault,
    waves.nothing_missed,
)

#: For an offer to take rules of our own away; nothing else passes them.
REMOVAL_RULES: tuple[Rule, ...] = (
    scope.within_scope,
    scope.not_opted_out,
    scope.on_target,
    proof.something_to_do,
    proof.nothing_in_doubt,
    proof.registry_known,
    proof.evidence_fresh,
    removal.only_removes_own_addresses,
    removal.nobody_needs_them,
    removal.offers_wanted,
    firewall.registry_writable,
    surroundings.not_locked,
    surroundings.policies_stand_back,
    removal.a_person_approved,
    conduct.somebody_decided,
    conduct.not_frozen,
    conduct.within_limits,
    conduct.cooled_down,
    conduct.breaker_closed,
    conduct.not_tried_in_vain,
)
