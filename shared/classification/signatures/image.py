"""
Signatures of an image that cannot be used: its name, its format, its platform, its size.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

_PULL = (Fact.PULL,)

PLATFORM = (
    Signature(
        name="no-matching-platform",
        cause=Cause.PLATFORM_MISMATCH,
        phrases=(
            "no matching manifest for linux", "no matching manifest for windows",
            "no matching manifest for unknown", "no matching manifest for darwin",
            "in the manifest list entries", "no match for platform in manifest",
            "no child with platform", "no image found in manifest list",
            "no image found in image index",
            "does not match the specified platform", "must be linux/amd64", "image os/arc",
            "no image satisfies requested platform",
        ),
        example="no matching manifest for linux/arm64/v8 in the manifest list entries",
        learned="moby/moby and containerd error texts; containers/image; Container Apps validation",
    ),
    Signature(
        name="windows-version",
        cause=Cause.PLATFORM_MISMATCH,
        phrases=(
            "-based image is incompatible with a", "cannot be used on this platform",
            "cannot run this operating system/version", "maximum supported os version",
            "unsupportedwindowsversion", "imageostypenotmatchcontainergroup",
            "doesn't support specified os", "does not support specified os",
            "image operating system",
        ),
        example="a Windows version 10.0.20348-based image is incompatible with a 10.0.17763 host",
        learned="moby/moby issue 39328; Troubleshoot Azure Container Instances",
    ),
    Signature(
        name="os-mismatch-at-pull",
        cause=Cause.PLATFORM_MISMATCH,
        phrases=("operating system is not supported", "unsupported os", "operating system does "
                 "not match", "wrong architecture", "unsupported architecture"),
        needs=(Fact.FAILED,),
        example="Image pull failed for fabrikam.azurecr.io/web:3: operating system is not "
        "supported",
        learned="moby/moby error texts",
    ),
)  # fmt: skip

SPACE = (
    Signature(
        name="no-space",
        cause=Cause.RESOURCE_EXHAUSTED,
        phrases=(
            "no space left on device", "not enough space on the disk", "disk quota exceeded",
            "not enough disk space", "insufficient disk space", "there is not enough space",
            "cannot allocate memory", "exceeded its disk",
        ),
        needs=_PULL,
        example="failed to register layer: write /opt/model.bin: no space left on device",
        learned="moby/moby error texts; App Service Linux disk limits",
    ),
    Signature(
        name="layer-no-space",
        cause=Cause.RESOURCE_EXHAUSTED,
        phrases=("applylayer … no space left", "processing tar file … no space left",
                 "extracting layer … no space left", "writing blob … no space left",
                 "unpack … no space left", "failed commit … no space left"),
        unless=("docker commit", "sending build context"),
        example="Error: writing blob: adding layer with blob: processing tar file(write /var/lib/"
        "x: no space left on device)",
        learned="containers/storage error texts",
    ),
    Signature(
        name="image-too-large",
        cause=Cause.RESOURCE_EXHAUSTED,
        phrases=(
            "image size exceed", "image is too large", "exceeds the maximum image size",
            "exceeds the maximum allowed size", "image size limit", "exceeds the limit",
            "exceeded the maximum size", "image too large", "pull … time limit",
            "exceeds the supported size", "did not complete within the time allowed",
            "imagepullsizelimit",
        ),
        needs=_PULL,
        example="Failed to pull image fabrikam.azurecr.io/model:1: the image size exceeds the "
        "maximum of 15 GB",
        learned="Container Instances and Container Apps quotas",
    ),
)  # fmt: skip

LAYER = (
    Signature(
        name="layer-not-registered",
        cause=Cause.UNKNOWN_PULL_FAILURE,
        phrases=(
            "cannot be mapped to a host id", "failed to register layer",
            "failed size validation", "unexpected commit digest", "filesystem layer verification",
            "insufficient uids or gids", "archive/tar: invalid tar header",
            "failed to extract layer",
        ),
        example="failed to register layer: Error processing tar file(exit status 1): Container "
        "ID 1000540 cannot be mapped to a host ID",
        learned="App Service: user namespaces and high user ids; containerd error texts",
    ),
)  # fmt: skip

NAMING = (
    Signature(
        name="bad-reference",
        cause=Cause.INVALID_REFERENCE,
        phrases=(
            "invalid reference format", "repository name must be lowercase", "invalidimagename",
            "parse image reference", "could not parse reference", "parse the image reference",
            "is not a valid repository/tag", "repository can only contain the",
            "tag can only contain the", "invalid tag format", "invalid repository name",
            "failed to apply default image tag", "could not parse image", "invalid image name",
            "error parsing reference", "repository name must have at least one component",
            "repository name must be canonical", "invalid reference: ", "invalid checksum digest",
            "did not resolve to an alias",
        ),
        unless=("fatal: invalid reference", "is not on server '"),
        example='Failed to apply default image tag "fabrikam.azurecr.io/Web:3": couldn\'t parse '
        'image reference "fabrikam.azurecr.io/Web:3": invalid reference format',
        learned="distribution/reference error texts; kubelet InvalidImageName",
    ),
    Signature(
        name="pull-arguments",
        cause=Cause.INVALID_REFERENCE,
        phrases=('"docker pull" requires exactly 1 argument', "docker pull requires exactly 1",
                 "'docker pull' requires 1 argument"),
        example='ERROR - docker pull returned STDERR>> "docker pull" requires exactly 1 argument.',
        learned="App Service Linux docker logs of 2018",
    ),
    Signature(
        name="old-manifest",
        cause=Cause.INVALID_REFERENCE,
        phrases=(
            "manifest.v1+prettyjws", "distribution.manifest.v1+json", "unsupported mediatype",
            "mediatype in manifest should be", "unsupported manifest media type",
            "no longer supported since containerd", "ctr: no signatures",
            "unsupported manifest format", "unsupported schema version", "manifest_invalid",
            "manifest invalid", "unsupported docker v2 schema", "unknown manifest class",
            "pulling from … unsupported media type",
            "schema 1 manifest", "schema1 manifest", "manifest schema 1", "v2 schema 1 manifest",
        ),
        example="Error response from daemon: application/vnd.docker.distribution.manifest.v1+"
        "prettyjws not supported",
        learned="moby/moby issue 44521; go-containerregistry issue 377",
    ),
    Signature(
        name="media-type-at-pull",
        cause=Cause.INVALID_REFERENCE,
        phrases=("unsupported media type", "media type … not supported", "unknown media type",
                 "media type … is no longer supported", "unexpected media type", "missing "
                 "signature key", "not implemented: media type", "daemon: target is ",
                 "encountered remote"),
        needs=_PULL,
        example="Failed to pull image fabrikam.azurecr.io/chart:3: unsupported media type "
        "application/vnd.cncf.helm.config.v1+json",
        learned="containerd error texts",
    ),
)  # fmt: skip
