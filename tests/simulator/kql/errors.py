"""
How a query is refused: in the words of Kusto, with the codes that clients print.

"SyntaxError" is text that is no query; "SemanticError" is a query that means nothing here.
"""


class KqlError(Exception):
    """One refusal. `line` and `position` count from 1 and 0; 0, 0 where Kusto names no place."""

    def __init__(
        self,
        kind: str,
        code: str,
        message: str,
        *,
        line: int = 0,
        position: int = 0,
        token: str = "",
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.kind, self.code, self.message = kind, code, message
        self.line, self.position, self.token = line, position, token


class UnknownTable(KqlError):
    """A table that is not there: the one thing `union isfuzzy=true` forgives."""


def syntax(token: str, line: int, position: int) -> KqlError:
    message = f"Query could not be parsed at '{token}' on line [{line},{position}]"
    return KqlError("SyntaxError", "SYN0002", message, line=line, position=position, token=token)


def semantic(message: str, code: str = "SEM0100") -> KqlError:
    return KqlError("SemanticError", code, message)
