"""
Our own test messages: what platforms, clients and applications print, in our names and values.

Wordings are those the programs print (facts); names, values and combinations are ours. Each row is
a cause, a text, and the registry, repository, tag or digest and client address it shows.
"""

from typing import NamedTuple

from shared.model.words import Cause


class Message(NamedTuple):
    cause: Cause
    text: str
    registry: str | None = None
    repository: str | None = None
    reference: str | None = None
    client_ip: str | None = None


_C = Cause
_DIGEST = "sha256:" + "3fa9" * 16

FAILURES = (
    # network-denied
    Message(_C.NETWORK_DENIED, "2026-03-02T08:11:09.120Z ERROR - DockerApiException: Docker API responded with status code=InternalServerError, response={\"message\":\"Head \\\"https://northwind.azurecr.io/v2/store/cart/manifests/2026.3\\\": denied: client with IP '198.51.100.23' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.\"}", "northwind.azurecr.io", "store/cart", "2026.3", "198.51.100.23"),
    Message(_C.NETWORK_DENIED, "{\"TimeGenerated\":\"2026-03-02T08:00:00Z\",\"Log_s\":\"Container 'cart' was terminated with exit code '' and reason 'ImagePullFailure'. Image northwind.azurecr.us/store/cart:9 not found in registry. ErrorMessage=Image not found or access denied. Error: {\\\"errors\\\":[{\\\"code\\\":\\\"DENIED\\\",\\\"message\\\":\\\"client with IP \\u0027203.0.113.77\\u0027 is not allowed access, refer https://aka.ms/acr/firewall to grant access\\\"}]}\",\"Reason_s\":\"ContainerTerminated\",\"Type_s\":\"Warning\"}", "northwind.azurecr.us", "store/cart", "9", "203.0.113.77"),
    Message(_C.NETWORK_DENIED, "Failed to pull image \"northwind.azurecr.cn/jobs:nightly\": rpc error: code = Unknown desc = failed to pull and unpack image \"northwind.azurecr.cn/jobs:nightly\": failed to resolve reference \"northwind.azurecr.cn/jobs:nightly\": failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://northwind.azurecr.cn/oauth2/token: 403 Forbidden", "northwind.azurecr.cn", "jobs", "nightly"),
    Message(_C.NETWORK_DENIED, "Error response from daemon: Get \"https://northwind.azurecr.io/v2/\": denied: client with IP '2001:db8::17' is not allowed access, refer https://aka.ms/acr/firewall to grant access", "northwind.azurecr.io", None, None, "2001:db8::17"),
    Message(_C.NETWORK_DENIED, "An error occurred: CONNECTIVITY_FORBIDDEN_ERROR\nLooks like you don't have access to registry 'northwind.azurecr.io'. To see configured firewall rules, run 'az acr show --query networkRuleSet --name northwind'.", "northwind.azurecr.io"),
    Message(_C.NETWORK_DENIED, "[2026-02-01T10:00:00Z] ACR northwind.azurecr.io rejected token exchange: ACR token exchange endpoint returned error status: 403. body: {\"errors\":[{\"code\":\"DENIED\",\"message\":\"client with IP '192.0.2.8' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.\"}]}", "northwind.azurecr.io", None, None, "192.0.2.8"),
    Message(_C.NETWORK_DENIED, "Error: initializing source docker://northwind.azurecr.io/api:4: Requesting bearer token: invalid status code from registry 403 (Forbidden)", "northwind.azurecr.io", "api", "4"),
    Message(_C.NETWORK_DENIED, "Field 'template.containers.api.image' is invalid with details: 'Invalid value: \"northwind.azurecr.io/api:12\": GET https:?scope=repository%3Aapi%3Apull&service=northwind.azurecr.io: DENIED: client with IP '20.0.0.9' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.';", "northwind.azurecr.io", "api", "12", "20.0.0.9"),
    Message(_C.NETWORK_DENIED, "failed to resolve reference \"northwind.azurecr.sovcloud-azure.fr/api:2\": unexpected status from HEAD request to https://northwind.azurecr.sovcloud-azure.fr/v2/api/manifests/2: 403 Forbidden", "northwind.azurecr.sovcloud-azure.fr", "api", "2"),
    # unauthorized
    Message(_C.UNAUTHORIZED, "State: Stopping, Action: StoppingSite, LastError: ImagePullUnauthorizedFailure, LastErrorTimestamp: 02/11/2026 07:01:44, LastErrorDetails: Failed to pull image: northwind.azurecr.io/web/shop:31. Image pull failed with forbidden or unauthorized. Check registry credentials., Details: , DetailsLevel: ERROR", "northwind.azurecr.io", "web/shop", "31"),
    Message(_C.UNAUTHORIZED, "{\"TimeStamp\":\"2026-01-05 09:00:00 \\u002B0000 UTC\",\"Type\":\"Warning\",\"ContainerAppName\":\"shop\",\"RevisionName\":\"shop--1\",\"ReplicaName\":\"shop--1-abc\",\"Msg\":\"Container pull image failed with unauthorized error.\",\"Reason\":\"ImagePullUnauthorized\",\"EventSource\":\"ContainerAppController\",\"Count\":3}"),
    Message(_C.UNAUTHORIZED, "Error response from daemon: Head \"https://ghcr.io/v2/tailspin/agent/manifests/v2\": unauthorized", "ghcr.io", "tailspin/agent", "v2"),
    Message(_C.UNAUTHORIZED, "Error response from daemon: pull access denied for tailspin/private, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", None, "tailspin/private"),
    Message(_C.UNAUTHORIZED, "Failed to pull image \"tailspin.jfrog.io/docker-local/app:8\": rpc error: code = Unknown desc = failed to pull and unpack image \"tailspin.jfrog.io/docker-local/app:8\": failed to resolve reference \"tailspin.jfrog.io/docker-local/app:8\": unexpected status from HEAD request to https://tailspin.jfrog.io/v2/docker-local/app/manifests/8: 403 Forbidden", "tailspin.jfrog.io", "docker-local/app", "8"),
    Message(_C.UNAUTHORIZED, "Error: initializing source docker://quay.io/tailspin/op:1.2: reading manifest 1.2 in quay.io/tailspin/op: unauthorized: access to the requested resource is not authorized", "quay.io", "tailspin/op", "1.2"),
    Message(_C.UNAUTHORIZED, "Failed to pull image \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:5\": rpc error: code = Unknown desc = Error response from daemon: Head https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/5: no basic auth credentials", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "app", "5"),
    Message(_C.UNAUTHORIZED, "failed to resolve reference \"europe-docker.pkg.dev/tail/repo/app:7\": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://europe-docker.pkg.dev/v2/token?scope=repository%3Atail%2Frepo%2Fapp%3Apull&service=europe-docker.pkg.dev: 403 Forbidden", "europe-docker.pkg.dev", "tail/repo/app", "7"),
    Message(_C.UNAUTHORIZED, "The parameter WindowsFxVersion has an invalid value. Unexpected exception while validating OS and version. Image: northwind.azurecr.io/iis:1. Error Response: Unauthorized. Request: https://northwind.azurecr.io/oauth2/token?service=northwind.azurecr.io&scope=repository:iis:pull.", "northwind.azurecr.io", "iis", "1"),
    Message(_C.UNAUTHORIZED, "Failed to pull image \"northwind.azurecr.io/hub/admin:11\": [failed to pull and unpack image \"northwind.azurecr.io/hub/admin:11\": failed to resolve reference \"northwind.azurecr.io/hub/admin:11\": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://northwind.azurecr.io/oauth2/token?scope=repository%3Ahub%2Fadmin%3Apull&service=northwind.azurecr.io: 401 Unauthorized, rpc error: code = NotFound desc = failed to pull and unpack image \"northwind.azurecr.io/hub/admin:11\": failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:73 (application/vnd.docker.image.rootfs.diff.tar.gzip) from remote: not found]", "northwind.azurecr.io", "hub/admin", "11"),
    Message(_C.UNAUTHORIZED, "Error response from daemon: Get https://northwind.azurecr.io/v2/api/manifests/1: unauthorized: Application not registered with AAD.", "northwind.azurecr.io", "api", "1"),
    Message(_C.UNAUTHORIZED, "ERROR: failed to solve: registry.gitlab.com/tailspin/base:3: failed to resolve source metadata for registry.gitlab.com/tailspin/base:3: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://gitlab.com/jwt/auth?scope=repository%3Atailspin%2Fbase%3Apull&service=container_registry: 403 Forbidden", "registry.gitlab.com", "tailspin/base", "3"),
    Message(_C.UNAUTHORIZED, "Post \"https://northwind.azurecr.io/oauth2/exchange\": UNAUTHORIZED: token validation failed", "northwind.azurecr.io"),
    Message(_C.UNAUTHORIZED, "time=\"2026-01-01T00:00:00Z\" level=error msg=\"PullImage \\\"harbor.tailspin.example/team/app:2\\\" failed\" error=\"failed to pull and unpack image \\\"harbor.tailspin.example/team/app:2\\\": failed to resolve reference \\\"harbor.tailspin.example/team/app:2\\\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials\"", "harbor.tailspin.example", "team/app", "2"),
    Message(_C.UNAUTHORIZED, "The following field(s) are either invalid or missing. Invalid value: \"northwind.azurecr.io/album\": GET https:: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:album Type:repository]]: template.containers.album.image.", "northwind.azurecr.io", "album"),
    Message(_C.UNAUTHORIZED, "Error response from daemon: Get \"https://northwind.azurecr.io/v2/\": unauthorized: Invalid username or password.", "northwind.azurecr.io"),
    # manifest-unknown
    Message(_C.MANIFEST_UNKNOWN, "2026-02-27 20:26:51.098 ERROR - DockerApiException: Docker API responded with status code=NotFound, response={\"message\":\"manifest for northwind.azurecr.io/claims:113 not found: manifest unknown: manifest unknown\"}\n2026-02-27 20:26:51.124 ERROR - DockerApiException: Docker API responded with status code=InternalServerError, response={\"message\":\"Get https://northwind.azurecr.io/v2/claims/manifests/113: unauthorized: authentication required\"}", "northwind.azurecr.io", "claims", "113"),
    Message(_C.MANIFEST_UNKNOWN, "ContainerAppOperationError: Failed to provision revision for container app 'ca-1'. Error details: The following field(s) are either invalid or missing. Field 'template.containers.main.image' is invalid with details: 'Invalid value: \"northwind.azurecr.io/voice:latest\": GET https:: MANIFEST_UNKNOWN: manifest tagged by \"latest\" is not found; map[Tag:latest]';..", "northwind.azurecr.io", "voice", "latest"),
    Message(_C.MANIFEST_UNKNOWN, "Failed to pull image \"northwind.azurecr.io/pre\": [rpc error: code = Unknown desc = Error response from daemon: manifest for northwind.azurecr.io/pre:latest not found: manifest unknown: manifest unknown, rpc error: code = Unknown desc = Error response from daemon: Get https://northwind.azurecr.io/v2/pre/manifests/latest: unauthorized: authentication required]", "northwind.azurecr.io", "pre", "latest"),
    Message(_C.MANIFEST_UNKNOWN, f"Failed to pull image \"northwind.azurecr.io/pre@{_DIGEST}\": rpc error: code = NotFound desc = failed to pull and unpack image \"northwind.azurecr.io/pre@{_DIGEST}\": failed to resolve reference \"northwind.azurecr.io/pre@{_DIGEST}\": northwind.azurecr.io/pre@{_DIGEST}: not found", "northwind.azurecr.io", "pre", _DIGEST),
    Message(_C.MANIFEST_UNKNOWN, "Error: initializing source docker://northwind.azurecr.io/tool:9: reading manifest 9 in northwind.azurecr.io/tool: manifest unknown: manifest tagged by \"9\" is not found", "northwind.azurecr.io", "tool", "9"),
    Message(_C.MANIFEST_UNKNOWN, "GET https://northwind.azurecr.io/v2/tool/manifests/9: NAME_UNKNOWN: repository name not known to registry; map[name:tool]", "northwind.azurecr.io", "tool", "9"),
    Message(_C.MANIFEST_UNKNOWN, "ERROR: failed to solve: northwind.azurecr.io/base:old: northwind.azurecr.io/base:old: not found", "northwind.azurecr.io", "base", "old"),
    Message(_C.MANIFEST_UNKNOWN, "Error response from daemon: repository tailspin/ghost not found: does not exist or no pull access", None, "tailspin/ghost"),
    Message(_C.MANIFEST_UNKNOWN, "Error response from daemon: Get https://ghcr.io/v2/tailspin/agent/manifests/0: manifest unknown", "ghcr.io", "tailspin/agent", "0"),
    # data endpoint
    Message(_C.DATA_ENDPOINT_DENIED, "Failed to pull image \"northwind.azurecr.io/app:16\": [rpc error: code = Unknown desc = failed to pull and unpack image \"northwind.azurecr.io/app:16\": failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://weumanaged7.blob.core.windows.net/aa/docker/registry/v2/blobs/sha256/fd/xx/data?se=2026&sig=xx\": EOF, rpc error: code = Unknown desc = failed to pull and unpack image \"northwind.azurecr.io/app:16\": failed to resolve reference \"northwind.azurecr.io/app:16\": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://northwind.azurecr.io/oauth2/token?scope=repository%3Aapp%3Apull&service=northwind.azurecr.io: 401 Unauthorized]", "northwind.azurecr.io", "app", "16"),
    Message(_C.DATA_ENDPOINT_DENIED, "Failed to pull image \"northwind.azurecr.io/app:16\": failed to pull and unpack image \"northwind.azurecr.io/app:16\": failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://northwind.westeurope.data.azurecr.io/7//docker/registry/v2/blobs/sha256/ab/abcd/data\": dial tcp 20.61.97.4:443: i/o timeout", "northwind.azurecr.io", "app", "16"),
    Message(_C.DATA_ENDPOINT_DENIED, "error pulling image configuration: Get https://production.cloudflare.docker.com/registry-v2/docker/registry/v2/blobs/sha256/24/24c/data?verify=1: dial tcp: lookup production.cloudflare.docker.com on 10.0.0.10:53: no such host"),
    Message(_C.DATA_ENDPOINT_DENIED, "Error response from daemon: error pulling image configuration: download failed after attempts=6: dial tcp: lookup northwind.eastus.data.azurecr.io: no such host"),
    Message(_C.DATA_ENDPOINT_DENIED, "failed to pull and unpack image \"northwind.azurecr.io/app:17\": failed to copy: httpReadSeeker: failed open: unexpected status code https://eusmanaged12.blob.core.windows.net/ab//docker/registry/v2/blobs/sha256/cd/cdef/data: 403 This request is not authorized to perform this operation.", "northwind.azurecr.io", "app", "17"),
    Message(_C.DATA_ENDPOINT_DENIED, "Error: copying system image from manifest list: parsing image configuration: Get \"https://cdn01.quay.io/quayio-production-s3/sha256/ab/abc\": dial tcp 192.0.2.11:443: connect: connection refused; trying to pull image"),
    # dns
    Message(_C.DNS_FAILURE, "Error response from daemon: Get \"https://nortwind.azurecr.io/v2/\": dial tcp: lookup nortwind.azurecr.io: no such host", "nortwind.azurecr.io"),
    Message(_C.DNS_FAILURE, "Error: initializing source docker://registry.tailspin.example/app:1: pinging container registry registry.tailspin.example: Get \"https://registry.tailspin.example/v2/\": dial tcp: lookup registry.tailspin.example on 10.1.1.4:53: server misbehaving", "registry.tailspin.example", "app", "1"),
    Message(_C.DNS_FAILURE, "An error occurred: CONNECTIVITY_DNS_ERROR\nFailed to resolve DNS entry for registry 'northwind.azurecr.io'", "northwind.azurecr.io"),
    Message(_C.DNS_FAILURE, "failed to do request: Head \"https://northwind.privatelink.azurecr.io/v2/api/manifests/3\": dial tcp: lookup northwind.privatelink.azurecr.io on 127.0.0.53:53: no such host", "northwind.privatelink.azurecr.io", "api", "3"),
    # network-timeout
    Message(_C.NETWORK_TIMEOUT, "[2026-01-29T14:41:37Z] Validating image pull permission: FAILED\n[2026-01-29T14:41:37Z] ACR n*****.azurecr.io rejected token exchange: failed to send token exchange request: Post https://n*****.azurecr.io/oauth2/exchange: dial tcp 10.201.3.5:443: i/o timeout", "n*****.azurecr.io"),
    Message(_C.NETWORK_TIMEOUT, "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "registry-1.docker.io"),
    Message(_C.NETWORK_TIMEOUT, "Invalid value: \"mcr.microsoft.com/k8se/quickstart:latest\": Get \"https://mcr.microsoft.com/v2/\": EOF';. (Code: InvalidParameterValueInContainerTemplate)", "mcr.microsoft.com", "k8se/quickstart", "latest"),
    Message(_C.NETWORK_TIMEOUT, "failed to resolve reference \"northwind.azurecr.io/api:3\": failed to do request: Head \"https://northwind.azurecr.io/v2/api/manifests/3\": read tcp 10.0.0.5:39210->20.1.1.1:443: read: connection reset by peer", "northwind.azurecr.io", "api", "3"),
    Message(_C.NETWORK_TIMEOUT, "Error response from daemon: Get https://registry-1.docker.io/v2/: proxyconnect tcp: dial tcp 10.9.9.9:3128: connect: connection refused", "registry-1.docker.io"),
    Message(_C.NETWORK_TIMEOUT, "failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://northwind.azurecr.io/v2/api/manifests/sha256:aaaaaaaa\": net/http: TLS handshake timeout", "northwind.azurecr.io", "api", "sha256:aaaaaaaa"),
    # tls
    Message(_C.TLS_ERROR, "Error response from daemon: Get https://northwind.azurecr.io/v2/: x509: certificate has expired or is not yet valid", "northwind.azurecr.io"),
    Message(_C.TLS_ERROR, "Failed to pull image \"harbor.local:8443/p/a:1\": rpc error: code = Unknown desc = failed to do request: Head \"https://harbor.local:8443/v2/p/a/manifests/1\": http: server gave HTTP response to HTTPS client", "harbor.local:8443", "p/a", "1"),
    Message(_C.TLS_ERROR, "An error occurred: CONNECTIVITY_SSL_ERROR\nThere was an SSL error when trying to connect to the registry 'northwind.azurecr.io'.", "northwind.azurecr.io"),
    Message(_C.TLS_ERROR, "failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://weu1.blob.core.windows.net/x/docker/registry/v2/blobs/sha256/aa/aa/data\": tls: failed to verify certificate: x509: certificate signed by unknown authority"),
    # rate limited
    Message(_C.RATE_LIMITED, "Failed to pull image \"nginx:1.27\": rpc error: code = Unknown desc = failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/nginx/manifests/sha256:aa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.", "registry-1.docker.io", "nginx", "1.27"),
    Message(_C.RATE_LIMITED, "GET https://index.docker.io/v2/library/redis/manifests/7: TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit.", "index.docker.io", "library/redis", "7"),
    Message(_C.RATE_LIMITED, "Error response from daemon: toomanyrequests: Rate exceeded"),
    Message(_C.RATE_LIMITED, "unexpected status from HEAD request to https://northwind.azurecr.io/v2/a/manifests/1: 429 Too Many Requests", "northwind.azurecr.io", "a", "1"),
    # platform
    Message(_C.PLATFORM_MISMATCH, "Invalid value: \"northwind.azurecr.io/arm:1\": image OS/Arc must be linux/amd64 but found linux/arm64", "northwind.azurecr.io", "arm", "1"),
    Message(_C.PLATFORM_MISMATCH, "Error: choosing an image from manifest list docker://northwind.azurecr.io/arm:1: no image found in manifest list for architecture \"amd64\", variant \"\", OS \"linux\"", "northwind.azurecr.io", "arm", "1"),
    Message(_C.PLATFORM_MISMATCH, "Cannot run this Operating System/Version in Windows Containers. Maximum supported OS version is 10.0.17763.9999."),
    Message(_C.PLATFORM_MISMATCH, "20/01/2026 10:10:10 ERROR - Site: win1 - Docker client error. Pull image failed. Image: northwind.azurecr.io/iis:2025. Message: a Windows version 10.0.26100-based image is incompatible with a 10.0.20348 host", "northwind.azurecr.io", "iis", "2025"),
    Message(_C.PLATFORM_MISMATCH, "no matching manifest for unknown in the manifest list entries"),
    Message(_C.PLATFORM_MISMATCH, "docker: image operating system \"windows\" cannot be used on this platform: operating system is not supported."),
    # invalid reference
    Message(_C.INVALID_REFERENCE, "docker: invalid reference format: repository name (Tailspin/App) must be lowercase."),
    Message(_C.INVALID_REFERENCE, "Warning  InspectFailed  5s  kubelet  Failed to apply default image tag \"northwind.azurecr.io/app:\": couldn't parse image name \"northwind.azurecr.io/app:\": invalid reference format", "northwind.azurecr.io", "app"),
    Message(_C.INVALID_REFERENCE, "Error: InvalidImageName"),
    Message(_C.INVALID_REFERENCE, "Error response from daemon: not implemented: media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1, please rebuild the image"),
    Message(_C.INVALID_REFERENCE, "mediaType in manifest should be 'application/vnd.docker.distribution.manifest.v2+json' not 'application/vnd.oci.image.manifest.v1+json'"),
    Message(_C.INVALID_REFERENCE, "Field 'template.containers.api.image' is invalid with details: 'Invalid value: \"https://northwind.azurecr.io/api:1\": could not parse reference: https://northwind.azurecr.io/api:1';", "northwind.azurecr.io", "api", "1"),
    # identity
    Message(_C.IDENTITY_UNAVAILABLE, "Invalid value: \"northwind.azurecr.io/admin:latest\": unable to pull image using Managed identity /subscriptions/x/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-web for registry northwind.azurecr.io", "northwind.azurecr.io", "admin", "latest"),
    Message(_C.IDENTITY_UNAVAILABLE, "failed to get credential from azure: failed to login to registry 'oci://northwind.azurecr.io/helm/hello': DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n  ManagedIdentityCredential: no default identity is assigned to this resource", "northwind.azurecr.io"),
    Message(_C.IDENTITY_UNAVAILABLE, "Failed to pull image \"northwind.azurecr.io/a:1\": getting token: Get \"http://169.254.169.254/metadata/identity/oauth2/token\": dial tcp 169.254.169.254:80: i/o timeout", "northwind.azurecr.io", "a", "1"),
    # registry-unavailable
    Message(_C.REGISTRY_UNAVAILABLE, "Error response from daemon: Get https://northwind.azurecr.io/v2/broker/manifests/v1.6.0: received unexpected HTTP status: 500 Internal Server Error", "northwind.azurecr.io", "broker", "v1.6.0"),
    Message(_C.REGISTRY_UNAVAILABLE, "#8 ERROR: failed to copy: httpReadSeeker: failed open: unexpected status code https://mcr.microsoft.com/v2/dotnet/sdk/blobs/sha256:30ea495b602b5919: 503 Service Unavailable", "mcr.microsoft.com", "dotnet/sdk", "sha256:30ea495b602b5919"),
    Message(_C.REGISTRY_UNAVAILABLE, "failed to resolve reference \"northwind.azurecr.io/a:1\": unexpected status from HEAD request to https://northwind.azurecr.io/v2/a/manifests/1: 502 Bad Gateway", "northwind.azurecr.io", "a", "1"),
    Message(_C.REGISTRY_UNAVAILABLE, "Error: initializing source docker://northwind.azurecr.io/a:1: reading manifest 1 in northwind.azurecr.io/a: received unexpected HTTP status: 504 Gateway Timeout", "northwind.azurecr.io", "a", "1"),
    # resource-exhausted
    Message(_C.RESOURCE_EXHAUSTED, "ERROR - failed to register layer: Error processing tar file(exit status 1): write /usr/lib/libtorch.so: no space left on device"),
    Message(_C.RESOURCE_EXHAUSTED, "Failed to pull image \"northwind.azurecr.io/model:70b\": rpc error: code = Unknown desc = failed to pull and unpack image \"northwind.azurecr.io/model:70b\": failed to extract layer sha256:aa: write /var/lib/containerd/x: no space left on device: unknown", "northwind.azurecr.io", "model", "70b"),
    Message(_C.RESOURCE_EXHAUSTED, "Error: writing blob: storing blob to file \"/var/tmp/storage1\": write /var/tmp/storage1: no space left on device"),
    Message(_C.RESOURCE_EXHAUSTED, "failed to register layer: re-exec error: exit status 1: output: hcsshim::ImportLayer failed in Win32: There is not enough space on the disk. (0x70)"),
    # unknown
    Message(_C.UNKNOWN_PULL_FAILURE, "2026-06-06T09:51:06.144Z Container pull image failed with reason: ImagePullFailure. Revert by terminate."),
    Message(_C.UNKNOWN_PULL_FAILURE, "Warning  Failed  2s (x3 over 40s)  kubelet  Error: ErrImagePull"),
    Message(_C.UNKNOWN_PULL_FAILURE, "Back-off pulling image \"northwind.azurecr.io/a:1\"", "northwind.azurecr.io", "a", "1"),
    Message(_C.UNKNOWN_PULL_FAILURE, "Error: ImagePullBackOff"),
    Message(_C.UNKNOWN_PULL_FAILURE, "ERROR - Pulling docker image northwind.azurecr.io/a:1 failed:", "northwind.azurecr.io", "a", "1"),
    Message(_C.UNKNOWN_PULL_FAILURE, "Container 'web' was terminated with exit code '' and reason 'ImagePullFailure'"),
    Message(_C.UNKNOWN_PULL_FAILURE, "ACI Service request failed. Reason: The image 'northwind.azurecr.io/model-1:1' in container group 'model-1' is not accessible. Please check the image and registry credential..", "northwind.azurecr.io", "model-1", "1"),
    Message(_C.UNKNOWN_PULL_FAILURE, "Docker API responded with status code=InternalServerError, image=northwind.azurecr.io/cam, tag=latest-amd64. Check container registry (possible authorization failure or container registry down).", "northwind.azurecr.io", "cam"),
    Message(_C.UNKNOWN_PULL_FAILURE, "failed to register layer: Error processing tar file(exit status 1): Container ID 1000000 cannot be mapped to a host IDErr: 0\n2026-01-01T00:00:00Z ERROR - DockerApiException: Docker API responded with status code=InternalServerError, response={\"message\":\"Get https://northwind.azurecr.io/v2/w/manifests/1: unauthorized: authentication required\"}", "northwind.azurecr.io", "w", "1"),
)  # fmt: skip

_N = Cause.NOT_A_PULL_FAILURE

LOOKALIKES = (
    Message(_N, ""),
    Message(_N, "GET /admin 403 Forbidden 12ms"),
    Message(_N, "10.0.0.9 - - [02/Mar/2026:08:11:09 +0000] \"GET /api/v2/orders HTTP/1.1\" 403 153 \"-\" \"curl/8\""),
    Message(_N, "2026/03/02 08:11:09 [error] 29#29: *71 access forbidden by rule, client: 10.0.0.9, server: shop"),
    Message(_N, "upstream timed out (110: Connection timed out) while connecting to upstream, upstream: \"http://10.0.0.7:8080/v2/users\""),
    Message(_N, "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://api.tailspin.example/v2/orders/17"),
    Message(_N, "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.tailspin.example/v2/"),
    Message(_N, "AxiosError: Request failed with status code 403\n    at settle (/app/node_modules/axios/lib/core/settle.js:19:12)"),
    Message(_N, "System.Net.Http.HttpRequestException: Response status code does not indicate success: 403 (Forbidden)."),
    Message(_N, "Error: connect ECONNREFUSED 10.0.1.4:5432\n    at TCPConnectWrap.afterConnect [as oncomplete]"),
    Message(_N, "getaddrinfo ENOTFOUND shop-db.postgres.database.azure.com"),
    Message(_N, "dial tcp: lookup redis.tailspin.internal on 168.63.129.16:53: no such host"),
    Message(_N, "psycopg2.OperationalError: could not connect to server: Connection timed out. Is the server running on host \"db\"?"),
    Message(_N, "Post \"https://api.tailspin.example/token\": x509: certificate signed by unknown authority"),
    Message(_N, "java.net.UnknownHostException: payments.tailspin.example: Name or service not known"),
    Message(_N, "client with IP 10.0.0.4 is not allowed access to /admin, answered 403"),
    Message(_N, "WARN AuthFilter - client with IP '10.0.0.4' is not allowed access to /internal"),
    Message(_N, "openai.RateLimitError: Error code: 429 - {'error': {'code': '429', 'message': 'Too many requests. Please retry after 6 seconds.'}}"),
    Message(_N, "TooManyRequests: request rate is large for Cosmos DB container orders"),
    Message(_N, "(TooManyRequests) The request is being throttled as the limit has been reached for operation type - Write."),
    Message(_N, "Could not pull messages from queue 'orders': i/o timeout"),
    Message(_N, "failed to pull data from upstream: 401 Unauthorized"),
    Message(_N, "git pull failed: could not resolve host: github.com"),
    Message(_N, "Pull request #412 failed checks: 403 Forbidden when posting status"),
    Message(_N, "worker: Pulling from topic orders timed out: context deadline exceeded"),
    Message(_N, "Error loading image https://cdn.tailspin.example/logo.png: 404 Not Found"),
    Message(_N, "GET https://cdn.tailspin.example/manifests/app.webmanifest 404 (Not Found)"),
    Message(_N, "PIL.UnidentifiedImageError: cannot identify image file 'upload.jpg'"),
    Message(_N, "Uploaded image rejected: image is too large (max 5 MB)"),
    Message(_N, "ERROR image-resizer: no space left on device while writing /tmp/thumb.jpg"),
    Message(_N, "OSError: [Errno 28] No space left on device: '/home/site/wwwroot/cache.db'"),
    Message(_N, "Startup probe failed: HTTP probe failed with statuscode: 401"),
    Message(_N, "Readiness probe failed: Get \"http://10.244.0.9:8080/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    Message(_N, "Liveness probe failed: dial tcp 10.244.0.9:8080: connect: connection refused"),
    Message(_N, "Container shop_0_aa for site shop did not start within expected time limit. Elapsed time = 230.5 sec"),
    Message(_N, "Container shop_0_aa didn't respond to HTTP pings on port: 8000, failing site start. See container logs for debugging."),
    Message(_N, "State: Stopping, Action: StoppingSite, LastError: ContainerTimeout, LastErrorTimestamp: 02/11/2026 07:01:44, LastErrorDetails: Container did not start within expected time limit of 230s, Details: , DetailsLevel: ERROR"),
    Message(_N, "State: Starting, Action: PullingImage, LastError: , LastErrorTimestamp: 01/01/0001 00:00:00, LastErrorDetails: , Details: Pulling image northwind.azurecr.io/web:2, DetailsLevel: INFO", "northwind.azurecr.io", "web", "2"),
    Message(_N, "Pulling image: northwind.azurecr.io/api:7.", "northwind.azurecr.io", "api", "7"),
    Message(_N, "{\"Log_s\":\"Successfully pulled image \\\"northwind.azurecr.io/api:7\\\" in 3.2s. Image size: 81000000 bytes.\",\"Reason_s\":\"PulledImage\",\"Type_s\":\"Normal\"}", "northwind.azurecr.io", "api", "7"),
    Message(_N, "{\"Log\":\"Pulling image 'northwind.azurecr.io/api:7'\",\"Reason\":\"PullingImage\"}", "northwind.azurecr.io", "api", "7"),
    Message(_N, "Status: Image is up to date for northwind.azurecr.io/api:7\nPull Image successful, Time taken: 0 Minutes and 1 Seconds", "northwind.azurecr.io", "api", "7"),
    Message(_N, "Container image \"northwind.azurecr.io/api:7\" already present on machine", "northwind.azurecr.io", "api", "7"),
    Message(_N, "Login Succeeded\nThe push refers to repository [northwind.azurecr.io/api]\ndenied: requested access to the resource is denied", "northwind.azurecr.io", "api"),
    Message(_N, "4e3c4bdd8bfe: Layer already exists\n3bb921ccd79d: Pushing [====>  ]  10.24MB/10.99MB\nreceived unexpected HTTP status: 503 Service Unavailable"),
    Message(_N, "ERROR: failed to push northwind.azurecr.io/api:7: failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://northwind.azurecr.io/oauth2/token: 401 Unauthorized", "northwind.azurecr.io", "api", "7"),
    Message(_N, "denied: client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.\nThe push refers to repository [northwind.azurecr.io/api]", "northwind.azurecr.io", "api", None, "192.0.2.1"),
    Message(_N, "ERROR: failed to solve: process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 1\nnpm ERR! 403 Forbidden - GET https://pkgs.dev.azure.com/tailspin/_packaging/feed/npm/registry/left-pad"),
    Message(_N, "npm ERR! 401 Unauthorized - GET https://registry.npmjs.org/@tailspin%2fui - authentication required"),
    Message(_N, "ERROR: (AuthorizationFailed) The client 'dev@tailspin.example' with object id 'x' does not have authorization to perform action 'Microsoft.ContainerRegistry/registries/read' over scope '/subscriptions/x'"),
    Message(_N, "(ResourceNotFound) The Resource 'Microsoft.ContainerRegistry/registries/northwind' under resource group 'rg' was not found."),
    Message(_N, "{\"error\":{\"code\":\"RequestDisallowedByPolicy\",\"message\":\"Resource 'northwind' was disallowed by policy.\"}}"),
    Message(_N, "azure.core.exceptions.HttpResponseError: (AuthorizationFailure) This request is not authorized to perform this operation. HEAD https://shopdata.blob.core.windows.net/uploads/1.jpg"),
    Message(_N, "BlobServiceClient: 403 Server failed to authenticate the request. https://shopdata.blob.core.windows.net/uploads"),
    Message(_N, "azure.identity.CredentialUnavailableError: ManagedIdentityCredential authentication unavailable, no managed identity endpoint found."),
    Message(_N, "ManagedIdentityCredential authentication failed: Get http://169.254.169.254/metadata/identity/oauth2/token: 400 Identity not found"),
    Message(_N, "Azure.RequestFailedException: Caller is not authorized to perform action on resource. vault https://kv-shop.vault.azure.net 403 Forbidden"),
    Message(_N, "FetchingKeyVaultSecretFailed: Unable to get value using Managed identity system for secret db-password, 403"),
    Message(_N, "AADSTS7000215: Invalid client secret provided. Trace ID: 00000000-0000-0000-0000-000000000000"),
    Message(_N, "Docker.DotNet.DockerApiException : Docker API responded with status code=InternalServerError, response={\"message\":\"failed to set up container networking: driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:8081 failed: port is already allocated\"}"),
    Message(_N, "Docker.DotNet.DockerApiException: Docker API responded with status code=Conflict, response={\"message\":\"container abc is not running\"}"),
    Message(_N, "DockerApiException: Docker API responded with status code=NotFound, response={\"message\":\"No such container: 81ab\"}"),
    Message(_N, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
    Message(_N, "OCI runtime create failed: runc create failed: unable to start container process: exec: \"/start.sh\": permission denied: unknown"),
    Message(_N, "standard_init_linux.go:228: exec user process caused: exec format error"),
    Message(_N, "hcsshim::CreateComputeSystem abc: The container operating system does not match the host operating system."),
    Message(_N, "2026-02-05T10:00:00Z INFO  - docker run -d -p 4804:80 --name shop_0 -e DOCKER_CUSTOM_IMAGE_NAME=northwind.azurecr.io/shop:2 -e WEBSITES_PORT=80 northwind.azurecr.io/shop:2\n2026-02-05T10:00:20Z ERROR - Container shop_0 for site shop has exited, failing site start", "northwind.azurecr.io", "shop", "2"),
    Message(_N, "Stopping site shop because it failed during startup."),
    Message(_N, "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi."),
    Message(_N, "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available."),
    Message(_N, "MountVolume.SetUp failed for volume \"share\": mount failed: mount error(13): Permission denied"),
    Message(_N, "Requested registry access is not allowed. (HKEY_LOCAL_MACHINE)"),
    Message(_N, "Eureka registry: connection refused: registry.tailspin.example/eureka"),
    Message(_N, "schema registry returned 401 Unauthorized; authentication required"),
    Message(_N, "Manifest merger failed: Attribute application@icon not found"),
    Message(_N, "Error: Deployment Failed, {\"statusCode\":409,\"statusMessage\":\"Conflict\"} while deploying image northwind.azurecr.io/shop:2", "northwind.azurecr.io", "shop", "2"),
    Message(_N, "ContainerAppOperationInProgress: Cannot modify a container app because there is an operation in progress."),
    Message(_N, "Operation could not be completed as it results in exceeding approved standardDSv3Family Cores quota."),
    Message(_N, "RevisionReady: Revision ready"),
    Message(_N, "KEDAScalersStarted: KEDA is starting a watch for the revision to monitor scale operations"),
    Message(_N, "Replica 'shop--1-abc' has been scheduled to run on a node."),
    Message(_N, "Unable to get AKS credentials: 401"),
    Message(_N, "kubectl: error: You must be logged in to the server (Unauthorized)"),
    Message(_N, "fatal: unable to access 'https://github.com/tailspin/shop.git/': The requested URL returned error: 403"),
    Message(_N, "terraform: Error: Failed to get existing workspaces: containers.Client#ListBlobs: 403"),
    Message(_N, "Sync error: token exchange failed: 401 Unauthorized (OAuth provider returned invalid_grant)"),
    Message(_N, "Exchange request failed: 401 Unauthorized while posting order to exchange"),
    Message(_N, "PullRequestBuilder: image diff exceeded the limit"),
    Message(_N, "imagePullPolicy: Always\nimagePullSecrets:\n- name: acr\nreadinessProbe: connection refused"),
    Message(_N, "Health check of https://shop.azurewebsites.net/v2/health: 503 Service Unavailable"),
    Message(_N, "TLS handshake timeout talking to redis cache shop.redis.cache.windows.net:6380"),
)  # fmt: skip
