"""
Signatures of lines that only look like pull failures.

Pushes come first of all; the others step aside when the text says in plain words that a pull
failed. Most look-alikes need no entry: without a word about pulling, 403 or "time-out" decides
nothing.
"""

from shared.classification.signatures.model import Fact, Signature
from shared.model.words import Cause

_NOT = Cause.NOT_A_PULL_FAILURE
_FAILED = (Fact.FAILED,)

PUSHES = (
    Signature(
        name="push",
        cause=_NOT,
        phrases=(
            "the push refers to", "docker push", "failed to push", "error pushing", ": pushing",
            "layer already exists", ": pushed", "pull,push", "pull%2cpush", "push,pull",
            "push%2cpull", "pushing image", "pushing manifest", "push image", "image push",
            "pushing layer ", "pushblob", "/blobs/uploads", "podman push", "pushing layers",
            "exporting manifest", "uploading manifest",
        ),
        unless=("failed to pull", "docker pull", "error pulling", "trying to pull"),
        example="The push refers to repository [fabrikam.azurecr.io/web]\n"
        "denied: requested access to the resource is denied",
        learned="Azure/acr issue 54; docker push reference",
    ),
)  # fmt: skip

LOOKALIKES = (
    Signature(
        name="container-start",
        cause=_NOT,
        phrases=(
            "oci runtime create failed", "failed to create shim", "hcsshim::", "exec format error",
            "failed to create containerd task", "driver failed programming external connectivity",
            "failed to set up container networking", "port is already allocated",
            "error while creating mount source path", "no exec command specified",
            "failed to create containerd container", "bind: address already in use",
            "unable to start container process", "failed to create task for container",
            "failed to start container", "container start failed", "no such container",
        ),
        never=_FAILED,
        example='DockerApiException: Docker API responded with status code=BadRequest, response='
        '{"message":"OCI runtime create failed: exec: /run.sh: no space left on device"}',
        learned="App Service Linux docker logs; moby/moby error texts",
    ),
    Signature(
        name="probe-or-ping",
        cause=_NOT,
        phrases=(
            "probe failed", "respond to http pings", "failing site start", "liveness probe",
            "readiness probe", "startup probe", "warmup request", "waiting for response to warm",
            "lasterror: containertimeout", "did not start within expected time limit",
        ),
        never=_FAILED,
        example='Pulling image: fabrikam.azurecr.io/web:3. Startup probe failed: Get "http://'
        '10.0.0.4:80/healthz": dial tcp 10.0.0.4:80: connect: connection refused',
        learned="Container Apps health probes; App Service Linux docker logs",
    ),
    Signature(
        name="management-call",
        cause=_NOT,
        phrases=(
            "does not have authorization to perform action", "requestdisallowedbypolicy",
            "subscriptionrequeststhrottled", "linkedauthorizationfailed", "docker_command_error",
            "roleassignmentexists", "docker_daemon_error", "helm_command_error",
            "notary_command_error", "cannot connect to the docker daemon",
        ),
        never=_FAILED,
        unless=("connectivity_", "access to registry '"),
        example="(AuthorizationFailed) The client 'dev' does not have authorization to perform "
        "action 'Microsoft.ContainerRegistry/registries/listCredentials/action'",
        learned="Azure Resource Manager common errors; az acr check-health error reference",
    ),
    Signature(
        name="access-log",
        cause=_NOT,
        phrases=('http/1.1" ', 'http/1.0" ', 'http/2.0" ', 'http/2" '),
        never=_FAILED,
        unless=("error response from daemon:", "dockerapiexception"),
        example='192.0.2.4 - - [02/Feb/2026:10:10:10 +0000] "GET /v2/web/manifests/3 HTTP/1.1" 404 '
        '162 "-" "docker/27.0.1"',
        learned="Apache common log format; nginx and Envoy access logs",
    ),
    Signature(
        name="build-step",
        cause=_NOT,
        phrases=("did not complete successfully: exit code", "returned a non-zero code: "),
        never=_FAILED,
        unless=("error response from daemon:",),
        example="0a1b2c3d: Pull complete\nStep 4/9 : RUN npm ci\nnpm error 401 Unauthorized\n"
        "The command '/bin/sh -c npm ci' returned a non-zero code: 1",
        learned="moby/moby and moby/buildkit error texts",
    ),
    Signature(
        name="chart-repository",
        cause=_NOT,
        phrases=("is not a valid chart repository", "/helm/v1/repo", "/index.yaml"),
        never=_FAILED,
        example='looks like "https://fabrikam.azurecr.io" is not a valid chart repository or '
        "cannot be reached: failed to fetch https://fabrikam.azurecr.io/index.yaml: 404 Not Found",
        learned="Helm error texts; ACR: store Helm charts",
    ),
    Signature(
        name="success",
        cause=_NOT,
        phrases=(
            "successfully pulled image", "already present on machine", "pull image successful",
            "status: downloaded newer image", "status: image is up to date", "login succeeded",
            "imagepulled", "pulledimage", "starting container for site", "container is running",
            "started container", "created container", "site started", "creating container for",
        ),
        never=_FAILED,
        #: Compose goes on after a success; what Docker asks a registry next may fail.
        unless=(
            "error response from daemon:", "dockerapiexception", "toomanyrequests:",
            *(
                f"status: {done} … {verb}http … /v2/"
                for done in ("image is up to date", "downloaded newer image")
                for verb in ("get ", 'get "', "head ", 'head "')
            ),
        ),
        example='Successfully pulled image "fabrikam.azurecr.io/web:3" in 2.1s. '
        "Image size: 81234567 bytes.",
        learned="Container Apps system logs; App Service Linux docker logs; kubelet events",
    ),
)  # fmt: skip
