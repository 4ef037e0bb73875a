"""
Signatures of failures that keep their reason to themselves. They come last.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

WRAPPERS = (
    Signature(
        name="not-found-in-registry",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=("not found in registry",),
        example="Image fabrikam.azurecr.io/web:3 not found in registry. ErrorMessage=Image not "
        "found or access denied.",
        learned="Container Apps system logs, ContainerTerminated with ImagePullFailure",
    ),
)

UNEXPLAINED = (
    Signature(
        name="aci-inaccessible",
        cause=Cause.UNKNOWN_PULL_FAILURE,
        phrases=("inaccessibleimage", "is not accessible. please check the image and",
                 "is not accessible. check the image and"),
        example="The image 'fabrikam.azurecr.io/web:3' in container group 'batch' is not "
        "accessible. Please check the image and registry credential.",
        learned="Troubleshoot Azure Container Instances",
    ),
    Signature(
        name="pull-failed",
        cause=Cause.UNKNOWN_PULL_FAILURE,
        phrases=(
            "image pull failed", "pull image failed", "imagepullfail", "errimagepull",
            "imagepullbackoff", "back-off pulling image", "failed to pull image",
            "image pull errors",
            "image pull for … failed", "error pulling image", "unable to pull image",
            "pulling docker image … failed", "cannotpullcontainererror", "docker pull failed",
            "image pull was unsuccessful", "could not pull image", "cannot pull image",
            "failed to resolve reference", "httpreadseeker: failed", 'failed to pull "',
            "failed to resolve source metadata", "tried to pull image", "failing to pull image",
            "registry operation error: pull", "failed pulling image", "containerinvalidimage",
            "failed to pull and unpack", "pull command failed", "imagepullerror",
            "docker pull … failed", "image pull error", "unable to pull container",
            "validating image pull permission: failed", "docker_pull_error",
            "check container registry (possible", "unable to get aad authorization tokens",
            "connectivity_challenge_error", "connectivity_refresh_token_error",
            "failed to fetch anonymous token", "failed to fetch oauth token",
            "error pulling layer", "pullimage from image service failed",
        ),
        example="ERROR - Image pull for fabrikam.azurecr.io/web:3 failed. UnexpectedFaliure",
        learned="App Service Linux docker logs; Container Apps system logs; kubelet events",
    ),
    Signature(
        name="disallowed-operation",
        cause=Cause.UNKNOWN_PULL_FAILURE,
        phrases=(
            "operation is disallowed on this registry", "registry_disallowed_operation",
            "/manifests/ … operation is disallowed",
        ),
        needs=(Fact.PULL,),
        example='DockerApiException: Docker API responded with status code=InternalServerError, '
        'response={"message":"Head \\"https://fabrikam.azurecr.io/v2/web/manifests/3\\": unknown: '
        'The operation is disallowed on this registry, repository or image."}',
        learned="ACR FAQ: disallowed operation; Azure/azure-sdk-for-net issue 22827",
    ),
    Signature(
        name="image-rejected",
        cause=Cause.UNKNOWN_PULL_FAILURE,
        phrases=(
            ".image' is invalid with details",
            "daemon: get \"http", "daemon: get http", "daemon: head \"http", "daemon: head http",
            "docker pull returned stderr",
        ),
        needs=(Fact.PULL,),
        example="Field 'template.containers.web.image' is invalid with details: 'Invalid value: "
        '"fabrikam.azurecr.io/web:3": GET https:: something new\'',
        learned="Container Apps resource provider validation",
    ),
)  # fmt: skip

#: Quoted alone, these are still what only a registry client prints; inside a longer text without a
#: word about pulling they may be anybody's.
FRAGMENTS = (
    Signature(
        name="certificate-fragment",
        cause=Cause.TLS_ERROR,
        phrases=(
            "x509: certificate signed by unknown authority", "x509: certificate has expired or "
            "is not yet valid", "x509: certificate is valid for ", "tls: failed to verify "
            "certificate: x509", "certificate signed by unknown authority",
        ),
        alone=True,
        example="x509: certificate signed by unknown authority",
        learned="AKS issues; Go crypto/x509 error texts",
    ),
    Signature(
        name="unauthorized-fragment",
        cause=Cause.UNAUTHORIZED,
        phrases=("unauthorized: authentication required", "denied: denied"),
        alone=True,
        example="unauthorized: authentication required",
        learned="moby/moby error texts",
    ),
    Signature(
        name="manifest-fragment",
        cause=Cause.MANIFEST_UNKNOWN,
        phrases=("manifest unknown", "manifest not found"),
        alone=True,
        example="manifest unknown",
        learned="OCI distribution specification, error codes",
    ),
)  # fmt: skip
