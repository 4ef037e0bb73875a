"""
Loading: from a policy's text to a Policy, or to every reason why not.

In:  text, or the path of a file.
Out: a Policy.
Errors: PolicyError with line and key of each mistake. Nothing is guessed, nothing is ignored.
"""

import json
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.model.discretion import discreet
from shared.policy import schema
from shared.policy.document import Document, dotted, parse
from shared.policy.problems import PolicyError, Problem
from shared.policy.schema import Policy

_LONGEST = 1024 * 1024  # bytes
_SECTIONS = (
    schema.Policy,
    schema.Scope,
    schema.Remedies,
    schema.FirewallSync,
    schema.PullRole,
    schema.Pair,
    schema.Limits,
    schema.Breaker,
    schema.Approval,
    schema.Freeze,
    schema.Wait,
)
_KEYS = sorted(
    {field.alias or name for section in _SECTIONS for name, field in section.model_fields.items()}
)


def load(text: str) -> Policy:
    """The policy that `text` (YAML or JSON) says."""
    document = parse(text)
    problems = list(document.problems)
    try:
        policy = Policy.model_validate_json(
            json.dumps(document.value), by_alias=True, by_name=False
        )
    except ValidationError as error:
        problems += [_problem(detail, document) for detail in error.errors(include_url=False)]
    if problems:
        raise PolicyError(*problems)
    return policy


def load_file(path: Path) -> Policy:
    """The policy in a file; one that cannot be read is a PolicyError too."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST)
        return load(content.decode("utf-8-sig"))
    except OSError as error:
        message = f"the file {path} cannot be read ({error.strerror}); check MEDIC_POLICY"
        raise PolicyError(Problem(0, "", message)) from error
    except UnicodeDecodeError as error:
        raise PolicyError(Problem(0, "", f"the file {path} is not UTF-8 text")) from error


def default() -> Policy:
    """The policy of a newcomer who wrote none: look at everything readable, change nothing."""
    return Policy(version=1)


def _problem(detail: ErrorDetails, document: Document) -> Problem:
    """Pydantic's finding in our words. Its paths are the document's paths."""
    path = detail["loc"]
    return Problem(document.line_of(path), dotted(path), _message(detail))


def _message(detail: ErrorDetails) -> str:
    given = discreet(repr(detail.get("input")))[:60]
    match detail["type"]:
        case "extra_forbidden":
            return "unknown key" + _suggestion(str(detail["loc"][-1]))
        case "missing":
            return "is missing"
        case "enum" | "literal_error":
            return f"is {given}; expected {detail['ctx']['expected']}"
        case "value_error":
            return f"is {given}; {detail['ctx']['error']}"
        case _:
            return f"is {given}; {detail['msg'].replace('Input should be', 'expected')}"


def _suggestion(key: str) -> str:
    near = get_close_matches(key, _KEYS, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
