"""
Small words: numbers and their nouns, so that sentences for people read like sentences.

Pure.
"""


def count(number: int, one: str, more: str = "") -> str:
    """`1 rule`, `2 rules`; `more` where the plural is not just an s."""
    return f"{number} {one if number == 1 else more or one + 's'}"
