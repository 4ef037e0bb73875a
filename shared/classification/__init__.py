"""
Classification: from the words of one log text to what they say.

In:  any text a platform, a client or an application printed.
Out: a Reading, always: a cause from the closed list and the registry, repository, tag or digest
     and client address exactly as printed.

Pure, standard library only. It takes the words literally and proves nothing: an application can
print anything. Diagnosis decides from configuration.
"""

from shared.classification.classifier import classify
from shared.classification.strongest import strongest

__all__ = ["classify", "strongest"]
