"""
A registry's own host, asked as `az acr check-health` asks it, and then about one repository.

In:  the login server that ARM reported, a credential, the incident's guarded transport.
Out: an Admission (how far we got, in words, and what our token may do); then plain Answers.

Only ever this one host, only https, only reads: no redirect is followed and a challenge that points
elsewhere is not answered. Tokens stay in here. What it meets is *our* path and identity, never the
workload's, so a refusal is an answer and not an error; only a spent budget is raised.

Microsoft's own client (azure-containerregistry 1.2.0) signs in anew for every request, four where
one would do, and drops what matters here: an index's platforms, the quarantine state and the error
codes. Sequence and scopes are those of the Azure command line (azure-cli 2.91, acr module).
"""

import base64
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from shared.clients.translate import sentence
from shared.model.catalogue import Probe, Trouble

#: What a registry's token must be meant for, in every cloud (azure-cli, acr module).
AUDIENCE = "https://containerregistry.azure.net"

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_VERSION = "2021-07-01"
_WANTED = "pull,metadata_read,deleted_read"
#: Nobody waits long for an answer that only explains.
_PATIENCE = {"connection_timeout": 5, "read_timeout": 15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the registry. `status` 0: there was none, and `words` says why."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    words: str = ""

    @property
    def trouble(self) -> Trouble | None:
        """The registry's own trouble, where that is what the answer says."""
        if self.status == 429:
            return Trouble.THROTTLED
        return Trouble.UNAVAILABLE if self.status >= 500 else None

    @property
    def said(self) -> str:
        """The answer in a few words: what the registry wrote, or that it was silent."""
        if not self.status:
            return f"no answer: {self.words}"
        return f"{self.status} {self.words}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How far this service got, and what its token grants for each repository."""

    probes: tuple[Probe, ...]
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trouble: Trouble | None = None

    def actions(self, repository: str) -> frozenset[str]:
        return self.grants.get(repository, frozenset())


class _Stopped(Exception):
    """The sequence ends here."""

    def __init__(
        self, step: str, answer: str, passed: bool | None, trouble: Trouble | None
    ) -> None:
        super().__init__(answer)
        self.probe = Probe(step=step, answer=answer, passed=passed)
        self.trouble = trouble

    @classmethod
    def by(cls, step: str, answer: Answer) -> "_Stopped":
        """An answer that is not the one hoped for. No answer, or trouble, refuses nothing."""
        refused = bool(answer.status) and answer.trouble is None
        return cls(step, answer.said, False if refused else None, answer.trouble)


class RegistryData:
    """One registry's data plane, for one round of reading. Threads may share it."""

    def __init__(self, server: str, *, credential: Any, transport: Any) -> None:
        self._server, self._credential = server, credential
        self._client = _pipeline(f"https://{server}", transport)
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], tuple[Admission, str]] = {}

    def knock(self, *repositories: str) -> Admission:
        """The health check's sequence: challenge, exchange, token, and what the token grants. For
        the same repositories it is walked once."""
        with self._lock:
            if repositories not in self._known:
                self._known[repositories] = self._walk(repositories)
            return self._known[repositories][0]

    def _walk(self, repositories: tuple[str, ...]) -> tuple[Admission, str]:
        done: list[Probe] = []
        try:
            service = self._challenged()
            done.append(_passed("challenge", f"{self._server} answers and asks for a token"))
            refresh = self._exchanged(service)
            done.append(_passed("exchange", "takes this service's identity"))
            token = self._admitted(service, refresh, repositories)
        except _Stopped as end:
            return Admission(probes=(*done, end.probe), trouble=end.trouble), ""
        grants = {repository: _granted(token, repository) for repository in repositories}
        said = ", ".join(
            f"{', '.join(sorted(actions)) or 'nothing'} in {repository}"
            for repository, actions in grants.items()
        )
        granted = Probe(
            step="token",
            answer=f"lets this service do {said}",
            passed=any(grants.values()),
        )
        return Admission(probes=(*done, granted), grants=grants), token

    def get(self, repository: str, *path: str, **query: str) -> Answer:
        """One read with the token `knock` got for the repository. Each part of the path is one
        segment."""
        below = "/".join(quote(part, safe=":") for part in path)
        tokens = [token for named, (_, token) in self._known.items() if repository in named]
        return self._send("GET", f"/{below}", query=query, token=next(iter(tokens), ""))

    def _challenged(self) -> str:
        """The service name to ask tokens for."""
        answer = self._send("GET", "/v2/")
        if not answer.status:
            raise _Stopped.by("name", answer)
        if answer.status == 403:
            said = "its network rules do not admit this service's own address (403)"
            raise _Stopped("challenge", said, False, None)
        if answer.status != 401:
            raise _Stopped.by("challenge", answer)
        service = self._bearer(answer.headers.get("WWW-Authenticate", ""))
        if service is None:
            said = "the challenge does not lead back to this registry, so it was not answered"
            raise _Stopped("challenge", said, False, None)
        return service

    def _bearer(self, header: str) -> str | None:
        """The service a challenge names; None unless it is a Bearer one of this very host."""
        scheme, _, rest = header.partition(" ")
        given = dict(_PARAMETER.findall(rest))
        realm = urlsplit(given.get("realm", ""))
        at_home = realm.scheme == "https" and realm.netloc.lower() == self._server
        named = given.get("service", "").lower() == self._server
        return given["service"] if scheme.lower() == "bearer" and at_home and named else None

    def _exchanged(self, service: str) -> str:
        """A refresh token for our Entra token."""
        try:
            entra = self._credential.get_token(f"{AUDIENCE}/.default").token
        except AzureError as error:
            said = f"this service got no token for registries: {sentence(error)}"
            raise _Stopped("exchange", said, None, None) from error
        form = {"grant_type": "access_token", "service": service, "access_token": entra}
        answer = self._send("POST", "/oauth2/exchange", form=form)
        refresh = answer.body.get("refresh_token")
        if answer.status != 200 or not isinstance(refresh, str):
            raise _Stopped.by("exchange", answer)
        return refresh

    def _admitted(self, service: str, refresh: str, repositories: tuple[str, ...]) -> str:
        """An access token. The scope may be given more than once ("Azure Container Registry REST
        API", exchange of a refresh token)."""
        scopes = [f"repository:{repository}:{_WANTED}" for repository in repositories]
        form = {"grant_type": "refresh_token", "service": service, "refresh_token": refresh}
        scope = {"scope": scopes[0] if len(scopes) == 1 else scopes}
        answer = self._send("POST", "/oauth2/token", form=form | scope)
        token = answer.body.get("access_token")
        if answer.status != 200 or not isinstance(token, str):
            raise _Stopped.by("token", answer)
        return token

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = HttpRequest(
            method,
            f"https://{self._server}{path}",
            params=_versioned(path, query),
            data=dict(form) if form is not None else None,
            headers=headers,
        )
        try:
            response = self._client.send_request(request, **_PATIENCE)
            body = _json(response)
        except AzureError as error:
            return Answer(status=0, body={}, headers={}, words=sentence(error))
        return Answer(
            status=response.status_code,
            body=body,
            headers=response.headers,
            words=_words(body) or sentence(response.reason or ""),
        )


def _pipeline(endpoint: str, transport: Any) -> Any:
    """No sign-in policy: the token is for this class to give. Statuses are answers, never retried:
    a 429 asks for quiet, and nothing waits for what only explains."""
    from azure.core import PipelineClient
    from azure.core.pipeline import policies

    return PipelineClient(
        endpoint,
        policies=[
            policies.RequestIdPolicy(),
            policies.HeadersPolicy({"Accept": "application/json"}),
            policies.UserAgentPolicy(sdk_moniker="pull-medic"),
            policies.RetryPolicy(retry_total=1, retry_status=0, retry_backoff_factor=0.2),
        ],
        transport=transport,
    )


def _passed(step: str, answer: str) -> Probe:
    return Probe(step=step, answer=answer, passed=True)


def _versioned(path: str, query: Mapping[str, str] | None) -> dict[str, str]:
    own = {} if path.startswith("/v2/") else {"api-version": _VERSION}
    return own | dict(query or {})


def _json(response: Any) -> Mapping[str, Any]:
    try:
        body = json.loads(response.text() or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _words(body: Mapping[str, Any]) -> str:
    """The first of a registry's errors, "CODE message"."""
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    if not isinstance(first, dict):
        return ""
    return sentence(f"{first.get('code') or ''} {first.get('message') or ''}")


def _granted(token: str, repository: str) -> frozenset[str]:
    """The actions a token carries for a repository: a 200 alone does not mean permitted.

    Its signature is the registry's business; it is only read to say what it will be good for.
    """
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        entries = [one for one in claims["access"] if one["name"] in (repository, "*")]
        return frozenset(str(action) for one in entries for action in one["actions"] or ())
    except (IndexError, KeyError, TypeError, ValueError):
        return frozenset()
