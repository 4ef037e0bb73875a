"""
Signatures of a pull that never got its answer: certificates, names, routes, outages, layer hosts.

All need a word about pulling: an application's own time-out reads the same.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

_PULL = (Fact.PULL,)

CERTIFICATE = (
    Signature(
        name="certificate",
        cause=Cause.TLS_ERROR,
        phrases=(
            "x509: ", "failed to verify certificate", "certificate signed by unknown authority",
            "certificate has expired", "certificate is not trusted", "certificate is valid for",
            "certificate verify failed", "self signed certificate", "self-signed certificate",
            "remote error: tls", "tls: handshake failure", "tls: first record does not look",
            "server gave http response to https client", "connectivity_ssl_error",
            "unable to get local issuer certificate", "ssl certificate problem",
            "the remote certificate is invalid", "tls: bad certificate",
            "tls: internal error", "tls: unrecognized name",
        ),
        needs=_PULL,
        example='Error response from daemon: Get "https://fabrikam.azurecr.io/v2/": tls: failed '
        "to verify certificate: x509: certificate signed by unknown authority",
        learned="Azure/azure-cli issue 29298; Go crypto/x509 error texts",
    ),
    Signature(
        name="certificate-at-pull",
        cause=Cause.TLS_ERROR,
        phrases=("failed with certificate error", "imagepullcertificate"),
        example="Image pull failed with certificate error for fabrikam.azurecr.io/web:3",
        learned="App Service platform logs, family of LastError names",
    ),
)  # fmt: skip

OUTAGE = (
    Signature(
        name="registry-5xx",
        cause=Cause.REGISTRY_UNAVAILABLE,
        phrases=(
            "503 service", "500 internal server error", "502 bad gateway", "504 gateway",
            "received unexpected http status: 5", ": service unavailable", "status code 500",
            "status code 502", "status code 503", "status code 504", "status code: 50",
            "response code: 50", "http 503", "http 502", "http 500", "http 504", "503 (service",
            "500 (internal", "502 (bad", "504 (gateway", ": internal server error",
            "status: 503", "status: 502", "status: 500", ": bad gateway", "status 503",
            "503 egress", "the service is unavailable", "unknown: internal", "503 backend",
        ),
        needs=_PULL,
        #: The daemon's own 500, which only wraps what went wrong on the way to the registry.
        unless=("internal server error: get ", "internal server error: head "),
        example="failed to resolve reference fabrikam.azurecr.io/web:3: unexpected status from "
        "HEAD request to https://fabrikam.azurecr.io/v2/web/manifests/3: 502 Bad Gateway",
        learned="microsoft/containerregistry issues 157, 169, 179",
    ),
    Signature(
        name="aci-registry-error",
        cause=Cause.REGISTRY_UNAVAILABLE,
        phrases=("registryerrorresponse", "error response is received from the docker registry"),
        example="'RegistryErrorResponse': 'An error response is received from the Docker registry "
        "'fabrikam.azurecr.io'. Please retry later.'",
        learned="Troubleshoot Azure Container Instances",
    ),
)  # fmt: skip

LAYERS = (
    Signature(
        name="layer-host",
        cause=Cause.DATA_ENDPOINT_DENIED,
        phrases=(
            "dial tcp", "i/o timeout", ": eof", "unexpected eof", "no such host", "connection re",
            " 403", " 401", " 404", " 400", "forbidden", "handshake timeout", "timed out",
            "deadline exceeded", "context canceled", "timeout exceeded", "denied",
            "failed to authenticate the request", "authenticationfailed", "request canceled",
            "network is unreachable", "no route to host", "not authorized", "connectex",
            "could not resolve", "name resolution", "server misbehaving", "stream error",
            "broken pipe", "forcibly closed", "unreachable",
            "httpreadseeker: failed open: failed to do request",
        ),
        needs=(Fact.PULL, Fact.BLOB),
        unless=("unauthorized: authentication required", "blob unknown", "blob_unknown"),
        example="error pulling image configuration: Get https://fabrikam.westeurope.data.azurecr."
        "io/1/docker/registry/v2/blobs/sha256/aa/data: dial tcp 192.0.2.9:443: i/o timeout",
        learned="ACR dedicated data endpoints; azure-docs pull request 116188",
    ),
)  # fmt: skip

NAMES = (
    Signature(
        name="name-not-resolved",
        cause=Cause.DNS_FAILURE,
        phrases=(
            "no such host", "dial tcp: lookup … timeout", "dial tcp: lookup … connection refused",
            "dial tcp: lookup … server misbehaving", "server misbehaving",
            "temporary failure in name resolution", "could not resolve host", "enotfound",
            "eai_again", "name or service not known", "remote name could not be resolved",
            "no address associated with hostname", "connectivity_dns_error",
            "dial tcp: lookup … network is unreachable", "name resolution fail",
            "nodename nor servname", "imagepulldns", "failed to resolve host",
            "dial tcp: lookup … deadline exceeded", "dial tcp: lookup … operation was canceled",
            "dns lookup failed", "getaddrinfow", "dial tcp: lookup … no answer",
            "could not be resolved",
        ),
        needs=_PULL,
        example='failed to do request: Head "https://fabrikam.azurecr.io/v2/web/manifests/3": '
        "dial tcp: lookup fabrikam.azurecr.io on 168.63.129.16:53: no such host",
        learned="Go net error texts; az acr check-health error reference",
    ),
)  # fmt: skip

ROUTES = (
    Signature(
        name="no-connection",
        cause=Cause.NETWORK_TIMEOUT,
        phrases=(
            "i/o timeout", "deadline exceeded", "client.timeout exceeded", "handshake timeout",
            "connection reset", "connection refused", ": eof", '": eof', "unexpected eof",
            "network is unreachable", "no route to host",
            "request canceled", "connection timed out", "timeout awaiting response",
            "connection lost", "broken pipe", "proxyconnect tcp", "wsarecv", "connectex",
            "connection attempt failed", "use of closed network", "operation timed out",
            "etimedout", "econnreset", "econnrefused", "invalid proxy url", "deadlineexceeded",
            "net/http: timeout", "could not connect to the registry login server",
            "stream error", "forcibly closed", "max retries exceeded", "imagepulltimeout",
            "imagepullnetwork", "http2: client", "server closed idle connection",
            "connection was closed", "host is unreachable", "malformed mime header",
            "connection aborted", "malformed http response", "tls: use of closed",
            "pull timed out", "timed out while pulling", "timed out waiting for",
            "http: no location header", "dial tcp … timeout", "dial tcp … unreachable",
        ),
        needs=_PULL,
        example='failed to do request: Head "https://fabrikam.azurecr.io/v2/web/manifests/3": '
        "dial tcp 192.0.2.9:443: i/o timeout",
        learned="Go net/http error texts; Container Apps: troubleshooting image pull errors",
    ),
)  # fmt: skip

#: Compose and BuildKit cancel every other pull once one is refused: whatever else names a reason
#: comes before.
CANCELLED = (
    Signature(
        name="cancelled",
        cause=Cause.NETWORK_TIMEOUT,
        phrases=("context canceled", "context cancelled"),
        needs=_PULL,
        example='failed to do request: Head "https://fabrikam.azurecr.io/v2/web/manifests/3": '
        "context canceled",
        learned="Go context error texts; Docker Compose pulls",
    ),
)
