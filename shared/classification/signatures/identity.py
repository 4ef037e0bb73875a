"""
Signatures of a pull whose managed identity, or its token, could not be had.

An application's own token failure is not one: each needs the registry or the pull in its words.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

IDENTITY = (
    Signature(
        name="aci-registry-identity",
        cause=Cause.IDENTITY_UNAVAILABLE,
        phrases=(
            "invalidimageregistryidentity", "identity in the 'imageregistrycredentials'",
            "imageregistrycredentials … not found in container group identity",
        ),
        example="(InvalidImageRegistryIdentity) The identity in the 'imageRegistryCredentials' of "
        "container group 'batch' not found in container group identity list",
        learned="Container Instances: deploy from ACR using a managed identity",
    ),
    Signature(
        name="registry-credential-from-identity",
        cause=Cause.IDENTITY_UNAVAILABLE,
        phrases=(
            "failed to get credential from azure", "failed to login to registry … acquire a token",
            "failed to get acr token", "acr refresh token using ",
            "acr-credential-provider … identity",
            "credentialprovider … identity not found", "failed to retrieve acr",
            "failed to acquire token for registry", "failed to get managed identity token for",
            "managed identity … is not assigned … registry", "credential-provider … msi",
            "failed to get credentials for registry", "failed to obtain acr",
            "acr access token … managed identity",
            "unable to get registry credential … identity",
        ),
        example="failed to get credential from azure: failed to login to registry "
        "'oci://fabrikam.azurecr.io/web': DefaultAzureCredential: failed to acquire a token.",
        learned="fluxcd/source-controller issues 898 and 908; AKS kubelet credential provider",
    ),
    Signature(
        name="token-service-unreachable",
        cause=Cause.IDENTITY_UNAVAILABLE,
        phrases=(
            "login.microsoftonline. … : eof", "login.microsoftonline. … timeout",
            "login.microsoftonline. … no such host", "login.microsoftonline. … connection re",
            "login.chinacloudapi.cn … timeout", "169.254.169.254 … timeout",
            "169.254.169.254 … connection re", "169.254.169.254 … identity not found",
            "169.254.169.254 … deadline exceeded", "169.254.169.254 … status code",
            "/metadata/identity/oauth2/token … 40", "login.microsoftonline. … deadline exceeded",
        ),
        needs=(Fact.PULL,),
        example="Failed to pull image fabrikam.azurecr.io/web:3: get token: Post https://login."
        "microsoftonline.com/common/oauth2/token: dial tcp 192.0.2.7:443: i/o timeout",
        learned="Container Apps: securing a virtual network; Azure instance metadata service",
    ),
)  # fmt: skip

IDENTITY_ONLY = (
    Signature(
        name="pull-with-identity",
        cause=Cause.IDENTITY_UNAVAILABLE,
        phrases=(
            "unable to pull image using managed identity", "failed to pull image using managed id",
            "pull … managed identity … not found", "pull … managed identity … failed",
            "managed identity … token … pull", "pull … identity not found",
            "managed identity … unavailable … pull", "imagepullidentity",
            "imagepullmanagedidentity", "pull … failed to get token",
            "pull … failed to acquire token", "pull … failed to obtain token",
        ),
        needs=(Fact.PULL,),
        example='Invalid value: "fabrikam.azurecr.io/web:3": unable to pull image using Managed '
        "identity system for registry fabrikam.azurecr.io",
        learned="microsoft/azure-container-apps issue 1061",
    ),
)  # fmt: skip
