"""
One text blob, read with the service's own identity: the policy's home in Azure.

In:  an https blob address without a signature.
Out: its text. Our own errors when it cannot be had, with what to do about it.

Reading needs the role Storage Blob Data Reader ("Assign an Azure role for access to blob data"),
and an account whose network rules let the service in: it answers 403 for want of either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.clients.translate import asking
from shared.errors import NotFound, PermissionMissing, Refused, TransientError

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
    with _advising(url), asking(f"read {url}"):
        response = client.send_request(HttpRequest("GET", url, headers={"x-ms-version": _VERSION}))
        response.raise_for_status()
        body: bytes = response.read()
    if len(body) > _LARGEST:
        raise Refused(f"{url} is longer than {_LARGEST} bytes; a policy is not")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{url} is not UTF-8 text") from error


@contextmanager
def _advising(url: str) -> Iterator[None]:
    """Azure's refusals, told as what to do about them."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"there is no {url}: put it there, or correct its address") from error
    except PermissionMissing as error:
        raise PermissionMissing(
            f"{url} may not be read (403): give the service's identity the role Storage Blob Data "
            "Reader on the container, and let its network reach the account"
        ) from error
    except TransientError as error:
        raise type(error)(
            f"{error}; it is tried again within a minute", delay=error.delay
        ) from error
