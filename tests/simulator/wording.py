"""
What container engines print when a pull fails: the registry's answer, wrapped once.

In:  a failed Pull.
Out: the text Docker (App Service) or containerd (Container Apps) would print for it.

Forms as publicly quoted in Microsoft's troubleshooting pages and issue threads. Two traps they hold
are kept: the host calls a firewall's 403 "unauthorized", and a closed registry answers the token
endpoint with a bare 403 that names no address.
"""

from urllib.parse import quote

from tests.simulator.pull import Pull
from tests.simulator.workloads import Image

FIREWALL = "client with IP '{client}' is not allowed access"
#: (Docker's words, the status containerd prints) while the registry turns everybody away.
_TROUBLE = {
    "throttled": ("toomanyrequests: too many requests", "429 Too Many Requests"),
    "unavailable": (
        "received unexpected HTTP status: 503 Service Unavailable",
        "503 Service Unavailable",
    ),
}
#: With status 405 and code REGISTRY_DISALLOWED_OPERATION, which Docker prints as "unknown" (seen in
#: Azure/azure-sdk-for-net issue 22827 and Azure/acr issue 84).
DISALLOWED = (
    "The operation is disallowed on this registry, repository or image. View troubleshooting steps "
    "at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation"
)
AUTHORIZE = "authentication required, visit https://aka.ms/acr/authorization for more information."


def docker(pull: Pull) -> tuple[str, str]:
    """(HTTP status word of the Docker API, its message) as the older App Service stack logs it."""
    image = pull.image
    head = f'Head "{manifest_url(image)}"'
    if pull.stage == "dns":
        return "InternalServerError", f'Get "https://{image.host}/v2/": dial tcp: {pull.why}'
    if pull.stage == "route":
        return "InternalServerError", (
            f'Get "https://{image.host}/v2/": net/http: request canceled while waiting for '
            "connection (Client.Timeout exceeded while awaiting headers)"
        )
    if pull.stage == "registry":
        return "InternalServerError", f"{head}: {_TROUBLE[pull.why][0]}"
    if pull.stage == "network-rules":
        said = FIREWALL.format(client=pull.client)
        return "InternalServerError", (
            f"{head}: denied: {said}. Refer https://aka.ms/acr/firewall to grant access."
        )
    if pull.stage == "image":
        return _docker_image(pull, head)
    if pull.stage == "platform":
        return "NotFound", (
            f"no matching manifest for {pull.why} in the manifest list entries: {image.text}"
        )
    if pull.stage == "data-endpoint":
        return "InternalServerError", f"error pulling image configuration: {pull.why}"
    return "InternalServerError", f"{head}: unauthorized: {_unauthorized(pull)}"


def _docker_image(pull: Pull, head: str) -> tuple[str, str]:
    image = pull.image
    if pull.why == "locked":
        return "InternalServerError", f"{head}: unknown: {DISALLOWED}"
    return "NotFound", (f"manifest for {image.text} not found: manifest unknown: {_unknown(pull)}")


def containerd(pull: Pull) -> str:
    """The error as `ctr` ends with it, the innermost cause last."""
    image = pull.image
    resolve = f'failed to resolve reference "{image.text}"'
    if pull.stage == "dns":
        do = f'failed to do request: Head "{manifest_url(image)}": dial tcp: {pull.why}'
        return f"{resolve}: {do}"
    if pull.stage == "route":
        return f'{resolve}: failed to do request: Head "{manifest_url(image)}": {pull.why}'
    if pull.stage == "registry":
        status = _TROUBLE[pull.why][1]
        return f"{resolve}: unexpected status from HEAD request to {manifest_url(image)}: {status}"
    if pull.stage == "network-rules" and pull.why == "closed":
        return f"{resolve}: {token_refusal(image, '403 Forbidden')}"
    if pull.stage == "network-rules":
        return f"{resolve}: unexpected status from HEAD request: {denied_body(pull)}"
    if pull.stage == "image":
        if pull.why == "locked":
            status = f"GET request to {manifest_url(image)}: 405 Method Not Allowed: {DISALLOWED}"
            return f"{resolve}: unexpected status from {status}"
        return f"{resolve}: {image.text}: not found: {_unknown(pull)}"
    if pull.stage == "platform":
        return f'failed to pull and unpack image "{image.text}": no match for platform in manifest'
    if pull.stage == "data-endpoint":
        return f'failed to pull and unpack image "{image.text}": failed to copy: {pull.why}'
    if pull.stage == "role":
        return (
            f"{resolve}: pulling from host {image.host} failed with status code "
            f"[manifests {image.reference}]: 401 Unauthorized: insufficient_scope: "
            "authorization failed"
        )
    return f"{resolve}: {token_refusal(image, '401 Unauthorized', anonymous=_anonymous(pull))}"


def token_refusal(image: Image, status: str, *, anonymous: bool = True) -> str:
    """The token endpoint's refusal. Sent credentials make it the "oauth" wording."""
    kind, method = ("anonymous", "GET") if anonymous else ("oauth", "POST")
    query = f"scope={quote(f'repository:{image.repository}:pull', safe='')}&service={image.host}"
    return (
        f"failed to authorize: failed to fetch {kind} token: unexpected status from {method} "
        f"request to https://{image.host}/oauth2/token?{query}: {status}"
    )


def denied_body(pull: Pull) -> str:
    """The registry's own error body for an address its rules do not admit."""
    said = FIREWALL.format(client=pull.client)
    return (
        '{"errors":[{"code":"DENIED","message":"'
        f'{said}, refer https://aka.ms/acr/firewall to grant access"'
        "}]}"
    )


def manifest_url(image: Image) -> str:
    return f"https://{image.host}/v2/{image.repository}/manifests/{image.reference}"


def _anonymous(pull: Pull) -> bool:
    return pull.image.credential.kind == "none"


def _unauthorized(pull: Pull) -> str:
    if pull.why == "arm-audience":
        return "token validation failed"
    return AUTHORIZE


def _unknown(pull: Pull) -> str:
    image = pull.image
    if pull.why == "no-repository":
        return f'repository "{image.repository}" is not found'
    if image.digest:
        return f'manifest "{image.digest}" is not found'
    return f'manifest tagged by "{image.tag}" is not found'
