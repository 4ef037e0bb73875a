"""
Text: undo what transport did to a message before anybody reads it.

In:  text as delivered: JSON, C and Markdown escapes, one or many levels deep, HTML entities,
     doubled CSV quotes, terminal colours, quotation marks of mail and print, words broken by a
     table frame, hard-wrapped lines.
Out: `readable` for people and for fields (case kept), `matchable` for phrases (lower case, one
     blank between words).

Pure, linear in the length of the text, and defined for every string.
"""

import re

#: A Log Analytics column holds at most 64 KB ("Azure Monitor service limits"), so no platform row
#: is ever cut; a longer dump keeps its beginning and its end, where logs name image and error.
HEAD = 48 * 1024
TAIL = 16 * 1024

#: A run of backslashes is one escape, however often the text was quoted again. The look-behind
#: lets a match start only at the beginning of a run, which keeps a megabyte of them linear.
_ESCAPE = re.compile(r"""(?<!\\)\\++(?:u00([0-9a-fA-F]{2})|(["'/<>:*_&#\[\]])|[nrt])""")
_COLOUR = re.compile("\x1b\\[[0-9;]{0,20}m")
_FRAME = re.compile(r" ?[│┃] ?\n ?[│┃] ?")
_QUOTED_LINE = re.compile(r"\n(?:> ?){1,4}")
_ENTITIES = (
    ("&nbsp;", " "), ("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'"), ("&apos;", "'"),
    ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"),
)  # fmt: skip
_TYPOGRAPHIC = str.maketrans("\u2018\u2019\u201c\u201d\u00a0\u200b", "''\"\"  ")
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def shortened(raw: str) -> str:
    """The part of the text that is read at all."""
    return raw if len(raw) <= HEAD + TAIL else f"{raw[:HEAD]}\n{raw[-TAIL:]}"


def readable(text: str) -> str:
    """The message as its author printed it."""
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if not text.isascii():
        text = _FRAME.sub("", text.translate(_TYPOGRAPHIC))
    if "&" in text:
        for entity, char in _ENTITIES:
            text = text.replace(entity, char)
    if "\n>" in text:
        text = _QUOTED_LINE.sub("\n", text)
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    return text.replace('""', '"')


def matchable(text: str) -> str:
    """Readable text as signatures expect it: lower case, single blanks, no Markdown emphasis."""
    return " ".join(text.lower().replace("**", "").replace("`", "").split())


def lowered(text: str) -> str:
    """Lower case with every character at its old place (`str.lower` may lengthen some)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_ASCII_LOWER)


def _unescaped(match: re.Match[str]) -> str:
    code, literal = match.groups()
    if code:
        return chr(int(code, 16))
    return literal or "\n"
