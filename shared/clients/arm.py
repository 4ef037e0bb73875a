"""
Plain resource manager calls, for what no SDK client is worth its import: Resource Graph, networks,
private DNS, locks, policies, site status.

In:  a path, an api-version, for POST a JSON body.
Out: the JSON answer as Azure gave it; lists as all their pages. SDK exceptions propagate.

Networking is read this way on purpose: importing azure-mgmt-network doubles the memory of the app.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

_SAFE = "/()-._~$'"


class Arm:
    """The resource manager of one cloud, through one guarded pipeline."""

    def __init__(self, endpoint: str, client: Any) -> None:
        self._endpoint = endpoint
        self._client = client

    def get(self, path: str, api_version: str, **query: str) -> dict[str, Any]:
        """One resource, or one page of a list. `query` values are encoded here."""
        return self._send("GET", self._url(path), {"api-version": api_version, **query}, None)

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A POST that only reads; the guard stops any other."""
        return self._send("POST", self._url(path), {"api-version": api_version}, body)

    def put(
        self, path: str, api_version: str, body: Mapping[str, Any], *, only_new: bool = False
    ) -> None:
        """Send a resource once, never again by itself; what became of it is for reading back.

        `only_new`: 412 when there is one already, so nothing of anybody else's is replaced.
        """
        headers = {"If-None-Match": "*"} if only_new else {}
        query = {"api-version": api_version}
        request = HttpRequest(
            "PUT", self._url(path), params=query, json=dict(body), headers=headers
        )
        self._once(request)

    def delete(self, path: str, api_version: str) -> None:
        """Ask once for a resource to be deleted; that it is gone is for reading."""
        self._once(HttpRequest("DELETE", self._url(path), params={"api-version": api_version}))

    def list(self, path: str, api_version: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a list. Follows `nextLink` only on the resource manager's own host.

        An answer without a list, or a list that goes on elsewhere, raises ValueError: what is cut
        short must never read as complete.
        """
        page = self.get(path, api_version, **query)
        while True:
            items = page.get("value")
            if not isinstance(items, list):
                raise ValueError("no list in the answer")
            yield from items
            link = page.get("nextLink")
            if not link:
                return
            if urlsplit(str(link)).netloc.lower() != urlsplit(self._endpoint).netloc.lower():
                raise ValueError("the list goes on at another host")
            page = self._send("GET", link, {}, None)

    def _url(self, path: str) -> str:
        return self._endpoint + quote(path, safe=_SAFE)

    def _send(
        self, method: str, url: str, query: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        request = HttpRequest(method, url, params=dict(query), json=body)
        response = self._client.send_request(request)
        _raise(response)
        answer = response.json()
        return answer if isinstance(answer, dict) else {"value": answer}

    def _once(self, request: HttpRequest) -> None:
        _raise(self._client.send_request(request, retry_total=0))


def _raise(response: Any) -> None:
    if response.status_code >= 400:
        from azure.core.exceptions import map_error

        map_error(response.status_code, response, {})
        raise HttpResponseError(response=response)
