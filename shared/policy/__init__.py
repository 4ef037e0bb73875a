"""
Policy: what the owner of the estate lets this service do.

In:  the policy's text (YAML or JSON) from the settings, a file or a blob; reading a blob is not
     done here.
Out: a Policy, frozen; and what it amounts to, in sentences.
Errors: PolicyError with every mistake, by line and key. There is no half-valid policy.

Pure, but for `load_file`. The gate asks the policy; the policy never decides.
"""

from shared.policy.loading import default, load, load_file
from shared.policy.problems import PolicyError, Problem
from shared.policy.schema import Addresses, Backlog, Mode, Policy, SharedEgress, Unneeded
from shared.policy.sentences import sentences

__all__ = [
    "Addresses",
    "Backlog",
    "Mode",
    "Policy",
    "PolicyError",
    "Problem",
    "SharedEgress",
    "Unneeded",
    "default",
    "load",
    "load_file",
    "sentences",
]
