"""
Signatures of what a registry answered: who may not come in, who asks too often, what is missing.

Wordings of ACR's answers rest on its OAuth documentation and error list; other registries' on
their own documentation and public issues.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

_PULL = (Fact.PULL,)
_FORBIDDEN = (
    "403 forbidden", "403 (forbidden)", "(403)", "status code 403", "status code: 403",
    "statuscode=403", "status: 403", "response code: 403", "http 403", "code=forbidden",
    "error 403", "httpstatus: 403", "status 403", "error response: forbidden",
)  # fmt: skip

FIREWALL = (
    Signature(
        name="acr-client-ip",
        cause=Cause.NETWORK_DENIED,
        phrases=(
            "client with ip ' … ' is not allowed access", 'client with ip " … " is not allowed',
            "client with ip … is not allowed access … acr/firewall", "aka.ms/acr/firewall",
            "connectivity_forbidden_error", "looks like you don't have access to registry",
        ),
        unless=("is not allowed access to /", "is not allowed access to the"),
        example="denied: client with IP '192.0.2.44' is not allowed access. "
        "Refer https://aka.ms/acr/firewall to grant access.",
        learned="Troubleshoot image pull issues from ACR to Azure Web App; ACR firewall rules",
    ),
)  # fmt: skip

TOKEN_POLICY = (
    Signature(
        name="acr-token-validation",
        cause=Cause.UNAUTHORIZED,
        phrases=("token validation failed",),
        needs=_PULL,
        example="Post https://fabrikam.azurecr.io/oauth2/exchange: unauthorized: token "
        "validation failed",
        learned="ACR: disable authentication as ARM template (azure-docs)",
    ),
)

RATE = (
    Signature(
        name="too-many-requests",
        cause=Cause.RATE_LIMITED,
        phrases=(
            "toomanyrequests: too many", "toomanyrequests: you have", "toomanyrequests: rate",
            "toomanyrequests: retry", "toomanyrequests: quota", "toomanyrequests: data limit",
            "unauthenticated pull rate limit", "reached your pull rate limit",
            "download-rate-limit", "connectivity_toomanyrequests_error", "(hap429)",
        ),
        example="Error response from daemon: toomanyrequests: You have reached your pull rate "
        "limit as 'fabrikam'",
        learned="Docker Hub pull usage and limits; ACR service tiers",
    ),
    Signature(
        name="status-429",
        cause=Cause.RATE_LIMITED,
        phrases=(
            "toomanyrequests", "429 too many", "too many requests", "rate limit", "http 429",
            "response code: 429", "status code 429", "status code: 429", "status: 429", "(429)",
            "imagepullratelimit", "imagepulltoomanyrequests",
        ),
        needs=_PULL,
        example="failed to resolve reference fabrikam.azurecr.io/web:3: unexpected status from "
        "HEAD request to https://fabrikam.azurecr.io/v2/web/manifests/3: 429 Too Many Requests",
        learned="Container Apps system logs; containerd issue tracker",
    ),
)  # fmt: skip

REFUSED = (
    Signature(
        name="no-pull-permission",
        cause=Cause.UNAUTHORIZED,
        phrases=(
            "insufficient_scope: authorization failed", "pull access denied",
            "does not have permission for manifest", "not registered with aad",
            "no basic auth credentials",
        ),
        example='failed to resolve reference "fabrikam.azurecr.io/web:3": pull access denied, '
        "repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
        learned="Container Apps: troubleshooting image pull errors; moby/moby error texts",
    ),
    Signature(
        name="appservice-unauthorized",
        cause=Cause.UNAUTHORIZED,
        phrases=(
            "imagepullunauthorized", "pull failed with forbidden or unauthorized",
            "pull image failed with unauthorized", "pull image failed with forbidden",
            "check registry credentials",
        ),
        example="State: Stopping, Action: StoppingSite, LastError: ImagePullUnauthorizedFailure, "
        "LastErrorDetails: Failed to pull image: fabrikam.azurecr.io/web:3. Image pull failed "
        "with forbidden or unauthorized. Check registry credentials.",
        learned="App Service platform logs of the current Linux stack; ContainerAppSystemLogs",
    ),
    Signature(
        name="token-exchange-401",
        cause=Cause.UNAUTHORIZED,
        phrases=(
            "status code 401 from exchange request", "rejected token exchange … 401",
            "/oauth2/exchange … 401",
        ),
        example="failed to get credential from azure: error exchanging token: unexpected status "
        "code 401 from exchange request",
        learned="fluxcd/source-controller issue 898",
    ),
)  # fmt: skip

ACR_FORBIDDEN = (
    Signature(
        name="acr-forbidden",
        cause=Cause.NETWORK_DENIED,
        phrases=(
            *(f"azurecr. … {word}" for word in _FORBIDDEN),
            *(f"/oauth2/token … {word}" for word in _FORBIDDEN),
            *(f"/oauth2/exchange … {word}" for word in _FORBIDDEN),
            "azurecr. … denied: ", 'azurecr. … "code":"denied"', "azurecr. … : forbidden",
            "status code 403 from exchange request",
        ),
        needs=(Fact.PULL, Fact.ACR),
        unless=("://ghcr.io", "://registry.gitlab.com", "://auth.docker.io", "://quay.io"),
        example="failed to authorize: failed to fetch anonymous token: unexpected status from GET "
        "request to https://fabrikam.azurecr.cn/oauth2/token?scope=repository%3Aweb%3Apull: "
        "403 Forbidden",
        learned="Container App cannot pull from ACR behind a firewall (Azure China community)",
    ),
)  # fmt: skip

MISSING = (
    Signature(
        name="manifest-unknown",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=(
            ": manifest unknown", "manifest unknown:", "manifest_unknown", "manifest tagged by",
            "name_unknown", "imagenotfoundinregistry",
            "name unknown: ", "name not known to registry", "repository name not known",
            "blob_unknown", "blob unknown to registry", "requested image not found",
            "named manifest is not known", "is not on server '",
            "does not exist in registry: not found",
            "imagepullnotfound", "does not exist or no pull access",
            "reading manifest … name unknown", "reading manifest … manifest unknown",
        ),
        example='DockerApiException: Docker API responded with status code=NotFound, response={'
        '"message":"manifest for fabrikam.azurecr.io/web:3 not found: manifest unknown"}',
        learned="OCI distribution specification, error codes; ACR image pull troubleshooting",
    ),
    Signature(
        name="tag-not-found",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=(
            "manifest for … not found", "failed to resolve reference … : not found",
            "failed to resolve image … : not found", "failed to resolve ref … : not found",
            "manifests/ … not found", "/manifests/ … 404", "unexpected status code 404",
            "code = notfound desc", "from remote: not found", "tag … does not exist in repository",
            "tag … was not found in repository", "dockerapiexception … status code=notfound",
            "unknown blob", ": not found: image", "tag does not exist", "(404)",
            "tag … not found in repository",
            "could not find image", "status 404", "404 (not found)", "404 not found",
            "failed to pull image … : not found", "load metadata for … : not found",
            "repository … does not exist in the registry",
        ),
        needs=_PULL,
        unless=("no such container",),
        example='rpc error: code = NotFound desc = failed to pull and unpack image "fabrikam.'
        'azurecr.io/web:3": failed to resolve reference "fabrikam.azurecr.io/web:3": '
        "fabrikam.azurecr.io/web:3: not found",
        learned="containerd resolver error texts; AKS: cannot pull image from ACR",
    ),
    Signature(
        name="base-image-not-found",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=("failed to solve: … : not found",),
        unless=("cache key", "calculate checksum", "process \"", "dockerfile", "target stage",
                "executor failed"),
        example="ERROR: failed to solve: fabrikam.azurecr.io/base:3: fabrikam.azurecr.io/base:3: "
        "not found",
        learned="moby/buildkit error texts",
    ),
    Signature(
        name="manifest-for-not-found",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=("daemon: manifest for … not found",
                 "error - dockerapiexception: docker api responded with status code=notfound"),
        unless=("no such container",),
        example="Error response from daemon: manifest for fabrikam/web:3 not found.",
        learned="moby/moby error texts",
    ),
)  # fmt: skip

UNAUTHORIZED = (
    Signature(
        name="registry-unauthorized",
        cause=Cause.UNAUTHORIZED,
        phrases=(
            "unauthorized: authentication required", "401 unauthori", ": unauthorized",
            "code=unauthorized", "status code 401", "status code: 401", "response code: 401",
            "authentication required", "unauthorized: ", "http 401", "status 401", "(401)",
            "error response: unauthorized", "incorrect username or password",
            "invalid username/password", "http basic: access denied", "authorization failed",
            "access forbidden", "requested access to the resource is denied",
            "denied: ", "unauthorized to access repository", "bad credentials",
            "invalid username or password", "status: 401", "(unauthorized)",
            "authentication failed", "authorization required", "unauthorized error",
            "unauthorized access", "username and/or password", "credentials are invalid",
            "connectivity_access_token_error", "connectivity_aad_login_error",
            "no permission to pull", "insufficient_scope", "statuscode=401", "unauthorized for ",
            "requests do not have permission",
        ),
        needs=_PULL,
        example='Error response from daemon: Head "https://fabrikam.azurecr.io/v2/web/manifests/'
        '3": unauthorized: authentication required',
        learned="OCI distribution specification, error codes; Azure/acr issues",
    ),
    Signature(
        name="registry-forbidden",
        cause=Cause.UNAUTHORIZED,
        phrases=(*_FORBIDDEN, ": forbidden", ": denied", "permission denied while"),
        needs=_PULL,
        example="failed to fetch oauth token: unexpected status from GET request to https://"
        "ghcr.io/token?scope=repository%3Afabrikam%2Fweb%3Apull&service=ghcr.io: 403 Forbidden",
        learned="GitHub packages: working with the container registry; containerd error texts",
    ),
    Signature(
        name="bare-unauthorized",
        cause=Cause.UNAUTHORIZED,
        phrases=(
            "unauthorized: authentication required, visit https://aka.ms/acr",
            "denied: requested access to the resource is denied",
            "daemon: unauthorized", "daemon: denied",
            "from registry: unauthorized", "from registry: denied",
            "check your registry credentials", "invalid message unauthorized unauthorized",
            "unauthorized: aad access token", "authorization status: 401",
            '"code":"unauthorized","message":"authentication required',
        ),
        example="Error response from daemon: unauthorized: authentication required",
        learned="moby/moby error texts; Azure/acr issues",
    ),
)  # fmt: skip
