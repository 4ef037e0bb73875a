"""
Advice about what is pulled: tag, repository, lock, platform.

In:  a Subject.  Out: a text for a person.

Pull Medic never retags an image and never changes which image a workload runs. Pure.
"""

from shared.planning.advice.subject import Subject, commands, quoted


def tag_missing(s: Subject) -> str:
    return (
        f"Nobody but the owner of the app should choose another image. See which tags there are, "
        f"then push {s.image} again or deploy one that exists:"
        + commands(
            f"az acr repository show-tags --name {s.registry_name} --repository "
            f"{quoted(s.repository)} --orderby time_desc --top 10",
            f"az acr manifest list-deleted --registry {s.registry_name} --name "
            f"{quoted(s.repository)}",
        )
        + "\nThe second command finds it if the registry keeps deleted images (soft delete, seven "
        "days by default). Just pushed to a geo-replicated registry? Wait ten minutes first. Apps "
        "that pull by digest lose their image when a retention policy purges untagged ones."
    )


def repository_missing(s: Subject) -> str:
    return (
        f"{s.host} has no repository {s.repository}. Compare the spelling with what is there "
        "(repository names are lower-case), and push the image if it was never pushed:"
        + commands(f"az acr repository list --name {s.registry_name} --output table")
    )


def image_locked(s: Subject) -> str:
    return (
        "A locked or quarantined image is held back on purpose; whoever checks images for this "
        "registry has to release it. To see its state:"
        + commands(
            f"az acr repository show --name {s.registry_name} --image {quoted(_short(s))}",
            f"az acr show {s.registry_args} --query policies.quarantinePolicy",
        )
    )


def platform_mismatch(s: Subject) -> str:
    kind = "windows/amd64" if s.evidence.workload.windows else "linux/amd64"
    return (
        f"Build the image for {kind} (on an ARM laptop the default is another) and push it under "
        "the same or a new tag:"
        + commands(f"docker buildx build --platform {kind} --tag {quoted(s.image)} --push .")
    )


def _short(s: Subject) -> str:
    image = s.evidence.image
    if image is None:
        return "<repository:tag>"
    separator = "@" if ":" in image.reference else ":"
    return f"{image.repository}{separator}{image.reference}"
