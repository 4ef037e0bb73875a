"""
One text blob, read with the service's own identity: the policy's home in Azure.

In:  an https blob address without a signature.
Out: its text. Our own errors when it cannot be had.
"""

from typing import Any

from shared.clients.translate import asking
from shared.errors import Refused

_SCOPE = "https://storage.azure.com/.default"
_VERSION = "2023-11-03"
_LARGEST = 256 * 1024


def read_text(url: str, *, credential: Any, transport: Any) -> str:
    """The blob's text, UTF-8. A policy is small; anything longer than 256 KiB is refused."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy
    from azure.core.rest import HttpRequest

    client: PipelineClient[Any, Any] = PipelineClient(
        url,
        authentication_policy=BearerTokenCredentialPolicy(credential, _SCOPE),
        transport=transport,
        retry_total=2,
    )
    with asking(f"read {url}"):
        response = client.send_request(HttpRequest("GET", url, headers={"x-ms-version": _VERSION}))
        response.raise_for_status()
        body: bytes = response.read()
    if len(body) > _LARGEST:
        raise Refused(f"{url} is longer than {_LARGEST} bytes; a policy is not")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{url} is not UTF-8 text") from error
