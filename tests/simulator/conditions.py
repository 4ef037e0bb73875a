"""
Azure's attribute-based conditions on role assignments: does one hold for this request?

In:  the condition's text, the action, and the attributes the service knows about the request.
Out: True or False; a Refusal (501) for anything in it this simulator cannot evaluate.

Source: "Azure role assignment condition format and syntax". Never silently true: an attribute the
caller did not supply makes its comparison false, an unknown operator refuses.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from uuid import UUID

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from tests.simulator.wire import Refusal

_GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: one (_AND one)*
?one: _NOT one -> negation
    | "(" either ")"
    | FUNCTION "{" STRING "}" -> matches
    | _EXISTS attribute -> exists
    | attribute [QUANTIFIER] OPERATOR value -> comparison
attribute: ATTRIBUTE
?value: literal | "{" literal ("," literal)* "}" -> many
literal: STRING | GUID | NUMBER | BOOLEAN
FUNCTION: /ActionMatches|SubOperationMatches/i
ATTRIBUTE: /@(Request|Resource|Principal|Environment)\[[^\]]+\]/i
QUANTIFIER.2: /(ForAnyOfAnyValues|ForAnyOfAllValues|ForAllOfAnyValues|ForAllOfAllValues):/i
OPERATOR: /[A-Za-z]+/
STRING: /'[^']*'/
GUID: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
NUMBER.-1: /-?[0-9]+(\.[0-9]+)?/
BOOLEAN.2: /(true|false)\b/i
_EXISTS.3: /Exists\b/i
_OR.3: /OR\b/i | "||"
_AND.3: /AND\b/i | "&&"
_NOT.3: /NOT\b/i | "!"
%ignore /\s+/
"""

Facts = tuple[str, str, Mapping[str, tuple[str, ...]]]  # action, sub-operation, attributes
Term = Callable[[Facts], bool]


def holds(
    text: str,
    *,
    action: str,
    attributes: Mapping[str, str | tuple[str, ...]],
    sub_operation: str = "",
) -> bool:
    """`attributes` by their full name, "@Request[Namespace/type:Name]"; names without case."""
    known = {
        name.lower(): (value,) if isinstance(value, str) else tuple(value)
        for name, value in attributes.items()
    }
    return _compiled(text)((action, sub_operation, known))


def matches(action: str, pattern: str) -> bool:
    """Azure's action wildcards: `*` stands for anything, also nothing; no case."""
    return _wildcard(pattern.lower()).fullmatch(action.lower()) is not None


@lru_cache(maxsize=4096)
def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Term:
    try:
        tree = _PARSER.parse(text)
        term: Term = _Compiler().transform(tree)
    except VisitError as error:
        raise _refusal(text, str(error.orig_exc)) from None
    except LarkError as error:
        raise _refusal(text, str(error).splitlines()[0]) from None
    return term


class _Compiler(Transformer[Token, Term]):
    """Turns the parse tree into one function of the facts."""

    def either(self, children: list[Term]) -> Term:
        return lambda facts: any(child(facts) for child in children)

    def both(self, children: list[Term]) -> Term:
        return lambda facts: all(child(facts) for child in children)

    def negation(self, children: list[Term]) -> Term:
        inner = children[0]
        return lambda facts: not inner(facts)

    def matches(self, children: list[Token]) -> Term:
        function, pattern = children[0].lower(), children[1][1:-1]
        at = 0 if function == "actionmatches" else 1
        return lambda facts: matches(str(facts[at]), pattern)

    def exists(self, children: list[str]) -> Term:
        name = children[0]
        return lambda facts: bool(facts[2].get(name))

    def attribute(self, children: list[Token]) -> str:
        return children[0].lower()

    def literal(self, children: list[Token]) -> tuple[str, ...]:
        token = children[0]
        return (str(token[1:-1]) if token.type == "STRING" else str(token),)

    def many(self, children: list[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(value for child in children for value in child)

    def comparison(self, children: list[object]) -> Term:
        name, quantifier, operator, values = children
        wanted = values if isinstance(values, tuple) else (str(values),)
        return _comparison(str(name), str(quantifier or "").rstrip(":"), str(operator), wanted)


def _comparison(name: str, quantifier: str, operator: str, wanted: tuple[str, ...]) -> Term:
    folded = operator.lower()
    negative = folded in _NEGATIVE
    test = _OPERATORS.get(_NEGATIVE.get(folded, folded))
    if test is None:
        raise ValueError(f"operator {operator!r}")
    if not quantifier and len(wanted) > 1:
        raise ValueError(f"{operator} with several values needs a ForAnyOf…/ForAllOf… prefix")
    over_own = all if quantifier.lower().startswith("forallof") else any
    over_wanted = all if quantifier.lower().endswith("allvalues") else any

    def term(facts: Facts) -> bool:
        own = facts[2].get(name)
        if own is None:
            return False
        return over_own(
            over_wanted(test(one, value) != negative for value in wanted) for one in own
        )

    return term


def _same_guid(one: str, other: str) -> bool:
    try:
        return UUID(one) == UUID(other)
    except ValueError:
        return False


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "guidequals": _same_guid,
    "stringequals": lambda one, other: one == other,
    "stringequalsignorecase": lambda one, other: one.lower() == other.lower(),
    "stringstartswith": lambda one, other: one.startswith(other),
    "stringstartswithignorecase": lambda one, other: one.lower().startswith(other.lower()),
    "stringlike": lambda one, other: _like(one, other),
    "stringlikeignorecase": lambda one, other: _like(one.lower(), other.lower()),
    "boolequals": lambda one, other: one.lower() == other.lower(),
}
_NEGATIVE = {
    "guidnotequals": "guidequals",
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotstartswith": "stringstartswith",
    "stringnotstartswithignorecase": "stringstartswithignorecase",
    "stringnotlike": "stringlike",
    "stringnotlikeignorecase": "stringlikeignorecase",
    "boolnotequals": "boolequals",
}


def _like(text: str, pattern: str) -> bool:
    pieces = re.split(r"([*?])", pattern)
    regex = "".join({"*": ".*", "?": "."}.get(piece, re.escape(piece)) for piece in pieces)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def _refusal(text: str, why: str) -> Refusal:
    return Refusal(
        501, "NotImplemented", f"The simulated Azure cannot evaluate the condition '{text}': {why}."
    )


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual")
