"""
Discretion: somebody else's text without the secrets that slipped into it.

In:  a log line, an alert's text, an error, a setting.
Out: the same text; tokens, passwords, keys and signatures are `[hidden]`.

Hosts and apps print what they like, signed addresses and authorization headers among it. What is
hidden never decides a cause, so a text reads the same afterwards. Linear in the text. Pure.
"""

import re

HIDDEN = "[hidden]"

_KEYS = (
    r"(?:[a-z0-9]{0,20}_){0,4}(?:password|passwd|pwd|secret|token|apikey|api_key|assertion)"
    r"|accountkey|sharedaccesskey|sharedaccesssignature|client_?secret|sig"
)
_SECRETS = (
    # key=value, and "key": "value" however often its quotes are escaped
    re.compile(
        rf"(?i)(\b(?:{_KEYS})(?:=|\\{{0,8}}[\"']\s{{0,4}}[:=]\s{{0,4}})\\{{0,8}}[\"']?)[^\s\"'&;,\\]+"
    ),
    re.compile(r"(?i)(\b(?:bearer|basic)\s{1,4})(?:eyJ[a-z0-9+/=._~-]*|[a-z0-9+/=._~-]{20,})"),
    re.compile(r"(?<=://)([^/\s:@]{0,100}:)[^/\s@]{1,500}(?=@)"),  # user:password@host
    re.compile(r"()\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{0,8000}){0,4}"),  # JSON web tokens
    re.compile(r"()\b[A-Za-z0-9/+]{20,80}\+?ACR[A-Z][A-Za-z0-9+/]{4,8}\b"),  # registry passwords
)


def discreet(text: str) -> str:
    """The text with every secret that can be recognised hidden."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{HIDDEN}", text)
    return text
