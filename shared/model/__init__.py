"""
The nouns rooms hand each other: small, frozen, without behaviour that reaches outside.

Import from the submodules; the alert door must not pay for nouns it does not use.
"""
