"""
A container registry's own host: sign-in, manifests, tags, attributes, what was deleted softly.

In:  requests to `{login server}`; images, network rules and roles as the pull model knows them.
Out: what Azure Container Registry answers, 2021-07-01 ("Azure Container Registry REST API") and the
     OCI distribution API; errors as `{"errors": [{"code", "message", "detail"}]}`.

In the order a request meets them: the name → network rules against the healer's address → sign-in →
rights to the repository → the image. Layers are not served: the pull model knows whether they are.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from tests.simulator import registries, registrytokens, shelves, wording
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Dropped, Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

_NAME = r"(?P<repository>[a-z0-9][a-z0-9._/-]*?)"


def _registry(call: Call) -> Resource:
    """The registry that answers at this host; a name nobody has does not resolve."""
    registry = registries.by_login_server(call.world, call.request.host)
    if registry is None:
        raise Dropped("before")
    return registry


def _error(status: int, code: str, message: str, **detail: str) -> Response:
    error: dict[str, Any] = {"code": code, "message": message}
    if detail:
        error["detail"] = detail
    return Response(status=status, body={"errors": [error]})


def _kept_out(call: Call, registry: Resource) -> Response | None:
    """What a caller at an address the rules do not admit is told, whatever it asks."""
    trouble = registries.trouble(call.world, registry)
    if trouble is not None:
        return _troubled(*trouble)
    client = registrytokens.address(call.world)
    if registries.rules_in_force(call.world, registry).admit(client):
        return None
    said = f"client with IP '{client}' is not allowed access"
    return _error(403, "DENIED", f"{said}, refer https://aka.ms/acr/firewall to grant access")


def _troubled(status: int, seconds: int) -> Response:
    code = "TOOMANYREQUESTS" if status == 429 else "UNKNOWN"
    message = "too many requests" if status == 429 else "Service Unavailable"
    answer = _error(status, code, message)
    headers = {"Retry-After": str(seconds)} if status == 429 else {}
    return Response(status=status, body=answer.body, headers=headers)


def _challenge(host: str, scope: str = "") -> Response:
    """401, and where a token is to be had for what was asked."""
    asked = f',scope="{scope}"' if scope else ""
    header = f'Bearer realm="https://{host}/oauth2/token",service="{host}"{asked}'
    answer = _error(401, "UNAUTHORIZED", wording.AUTHORIZE)
    headers = {"WWW-Authenticate": header, "Docker-Distribution-Api-Version": "registry/2.0"}
    return Response(status=401, body=answer.body, headers=headers)


@routes.on("registry", "POST", "/oauth2/exchange")
def exchange(call: Call) -> Response:
    """An Entra token for a refresh token of this registry."""
    registry = _registry(call)
    if kept_out := _kept_out(call, registry):
        return kept_out
    form = _form(call)
    if form.get("grant_type") != "access_token" or form.get("service") != call.request.host:
        return _error(400, "UNSUPPORTED", "the grant type or the service is not supported")
    token, wrong = registrytokens.refresh_token(
        call.world, registry, call.request.host, form.get("access_token", "")
    )
    if token is None:
        return _error(401, "UNAUTHORIZED", wrong)
    return Response(body={"refresh_token": token})


@routes.on("registry", "POST", "/oauth2/token")
def token_by_form(call: Call) -> Response:
    """A refresh token, a password or nothing for an access token."""
    registry, form, host = _registry(call), _form(call), call.request.host
    if kept_out := _kept_out(call, registry):
        return kept_out
    who: str | None = registrytokens.ANONYMOUS
    if form.get("grant_type") == "refresh_token":
        who = registrytokens.holder(host, form.get("refresh_token", ""), "refresh_token")
    elif form.get("username"):
        known = registrytokens.knows_password(
            call.world, registry, form["username"], form.get("password", "")
        )
        who = registrytokens.ADMIN if known else None
    return _token(call, registry, who, [form.get("scope", "")])


@routes.on("registry", "GET", "/oauth2/token")
def token_by_query(call: Call) -> Response:
    """The same for clients that send Basic credentials or none, as Docker does."""
    registry = _registry(call)
    if kept_out := _kept_out(call, registry):
        return kept_out
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    who: str | None = registrytokens.ANONYMOUS
    if scheme:
        known = registrytokens.is_admin(call.world, registry, value)
        who = registrytokens.ADMIN if known else None
    return _token(call, registry, who, [call.query.get("scope", "")])


def _token(call: Call, registry: Resource, who: str | None, scopes: list[str]) -> Response:
    host, world = call.request.host, call.world
    if who is None:
        return _error(401, "UNAUTHORIZED", wording.AUTHORIZE)
    made = registrytokens.access_token(world, registry, host, who, scopes)
    if who == registrytokens.ANONYMOUS and not any(
        entry["actions"] for entry in registrytokens.carried(made)
    ):
        return _error(401, "UNAUTHORIZED", wording.AUTHORIZE)
    return Response(body={"access_token": made})


@routes.on("registry", "GET", "/v2/")
def ping(call: Call) -> Response:
    registry = _registry(call)
    if kept_out := _kept_out(call, registry):
        return kept_out
    if registrytokens.granted(call.world, registry, call.request.host, call.request) is None:
        return _challenge(call.request.host)
    return Response(body={})


@routes.on("registry", "GET", "/v2{scope}")
@routes.on("registry", "HEAD", "/v2{scope}")
@routes.on("registry", "GET", "/acr/v1{scope}")
def served(call: Call) -> Response:
    """Everything below a repository: the path's tail says what is asked."""
    path = call.request.path
    for pattern, action, handler in _OPERATIONS:
        if found := pattern.fullmatch(path):
            return _answer(call, found.groupdict(), action, handler)
    raise Refusal(
        501,
        "NotImplemented",
        f"The simulated registry does not know {call.request.method} {path}.",
    )


Handler = Callable[[Call, Mapping[str, str], shelves.Shelf], Response]


def _answer(call: Call, parts: Mapping[str, str], action: str, handler: Handler) -> Response:
    registry, host = _registry(call), call.request.host
    if kept_out := _kept_out(call, registry):
        return kept_out
    name = parts.get("repository", "")
    scope = f"repository:{name}:{action}" if name else f"registry:{action}:*"
    grants = registrytokens.granted(call.world, registry, host, call.request)
    if grants is None or not _allows(grants, name, action):
        return _challenge(host, scope)
    return handler(call, parts, shelves.of(call.world, registry, name))


def _allows(grants: list[dict[str, Any]], repository: str, action: str) -> bool:
    for grant in grants:
        if grant["type"] == "*" and action in grant["actions"]:
            return True
        named = grant["name"] in ((repository,) if repository else (action,))
        if named and (action in grant["actions"] or "*" in grant["actions"]):
            return True
    return False


def _manifest(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    found = shelf.find(parts["reference"])
    if not shelf.exists:
        name = parts["repository"]
        return _error(404, "NAME_UNKNOWN", f'repository "{name}" is not found', name=name)
    if found is None:
        return _error(404, "MANIFEST_UNKNOWN", *_unknown(parts["reference"]))
    if not found.readable or found.quarantined:
        return _error(405, "REGISTRY_DISALLOWED_OPERATION", wording.DISALLOWED)
    headers = {"Docker-Content-Digest": found.digest, "Content-Type": found.media_type}
    body = None if call.request.method == "HEAD" else found.manifest
    return Response(body=body, headers=headers)


def _unknown(reference: str) -> tuple[str]:
    kind = "manifest" if ":" in reference else "manifest tagged by"
    return (f'{kind} "{reference}" is not found',)


def _plain_tags(_: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    if not shelf.exists:
        return _no_repository(parts)
    return Response(body={"name": parts["repository"], "tags": sorted(shelf.tags)})


def _repository(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    if not shelf.exists:
        return _no_repository(parts)
    return Response(body={"registry": call.request.host, **shelf.attributes})


def _tags(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    if not shelf.exists:
        return _no_repository(parts)
    asked = call.query
    found = sorted(shelf.tags.values(), key=lambda one: one.name)
    if asked.get("orderby") in ("timedesc", "timeasc"):
        newest_first = asked["orderby"] == "timedesc"
        found = sorted(found, key=lambda one: one.pushed, reverse=newest_first)
    if asked.get("digest"):
        found = [one for one in found if one.digest == asked["digest"]]
    names = [one.name for one in found]
    start = names.index(asked["last"]) + 1 if asked.get("last") in names else 0
    page = found[start : start + int(asked.get("n") or 100)]
    body = {
        "registry": call.request.host,
        "imageName": parts["repository"],
        "tags": [one.tag for one in page],
    }
    if start + len(page) >= len(found):
        return Response(body=body)
    query = f"last={page[-1].name}&n={len(page)}&orderby={asked.get('orderby', '')}"
    name = quote(parts["repository"], safe="")
    link = f'</acr/v1/{name}/_tags?{query}>; rel="next"'
    return Response(body=body, headers={"Link": link})


def _tag(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    found = shelf.tags.get(parts["reference"])
    if found is None:
        return _error(404, "TAG_UNKNOWN", "the specified tag does not exist")
    body = {"registry": call.request.host, "imageName": parts["repository"], "tag": found.tag}
    return Response(body=body)


def _attributes(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    found = shelf.find(parts["reference"])
    if found is None:
        return _error(404, "MANIFEST_UNKNOWN", *_unknown(parts["reference"]))
    about = {"registry": call.request.host, "imageName": parts["repository"]}
    return Response(body={**about, "manifest": shelf.manifest_of(found)})


def _manifests(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    if not shelf.exists:
        return _no_repository(parts)
    digests = {one.digest: one for one in shelf.tags.values()}
    about = {"registry": call.request.host, "imageName": parts["repository"]}
    return Response(body={**about, "manifests": [shelf.manifest_of(x) for x in digests.values()]})


def _deleted_tags(call: Call, parts: Mapping[str, str], shelf: shelves.Shelf) -> Response:
    about = {"registry": call.request.host, "imageName": parts["repository"]}
    return Response(body={**about, "tags": list(shelf.deleted)})


def _catalog(call: Call, _: Mapping[str, str], __: shelves.Shelf) -> Response:
    registry = _registry(call)
    return Response(body={"repositories": shelves.names(call.world, registry)})


def _no_repository(parts: Mapping[str, str]) -> Response:
    name = parts["repository"]
    return _error(404, "NAME_UNKNOWN", f'repository "{name}" is not found', name=name)


def _form(call: Call) -> dict[str, str]:
    pairs = parse_qs(call.request.body.decode(errors="replace"), keep_blank_values=True)
    return {name: " ".join(values) for name, values in pairs.items()}


#: (path, the right it takes, who answers); the first that matches.
_OPERATIONS: tuple[tuple[re.Pattern[str], str, Handler], ...] = (
    (re.compile(r"/(v2|acr/v1)/_catalog"), "catalog", _catalog),
    (re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)"), "pull", _manifest),
    (re.compile(rf"/v2/{_NAME}/tags/list"), "metadata_read", _plain_tags),
    (re.compile(rf"/acr/v1/_deleted/{_NAME}/_tags"), "deleted_read", _deleted_tags),
    (re.compile(rf"/acr/v1/{_NAME}/_tags/(?P<reference>[^/]+)"), "metadata_read", _tag),
    (re.compile(rf"/acr/v1/{_NAME}/_tags"), "metadata_read", _tags),
    (re.compile(rf"/acr/v1/{_NAME}/_manifests/(?P<reference>[^/]+)"), "metadata_read", _attributes),
    (re.compile(rf"/acr/v1/{_NAME}/_manifests"), "metadata_read", _manifests),
    (re.compile(rf"/acr/v1/{_NAME}"), "metadata_read", _repository),
)
