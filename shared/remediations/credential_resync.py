"""
credential-resync: give a workload the password its registry accepts today.

In:  a Step that names the setting or secret, and the registry whose admin user signs in with it.
Out: an Outcome in words. No password is in a step, an outcome, a log or an error; two reads are
     compared by fingerprint.

Looks again before it writes: a value that is right by now stays, one that a Key Vault holds is
never overwritten, and a workload that was pointed at another registry, another user or another
secret gets nothing. Of the registry's two passwords the first is written by convention: Azure does
not tell which one was rotated last. None is ever regenerated, because that breaks everybody else.

Settings and secrets are replaced whole. A writer who worked from an older list takes our value
away again without knowing: it is put back, once, on top of what that writer wrote.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from shared import catalog
from shared.clients import stored
from shared.clients.azure import Azure
from shared.errors import Conflict, HealError, LeaseLost, PermanentError
from shared.model.ids import ResourceId
from shared.model.image import InvalidReference, login_server, registry_host
from shared.model.plan import Outcome, Step
from shared.remediations import secrets, settings

URL = "DOCKER_REGISTRY_SERVER_URL"
USERNAME = "DOCKER_REGISTRY_SERVER_USERNAME"
PASSWORD = "DOCKER_REGISTRY_SERVER_PASSWORD"
_BY_CONVENTION = "password"


class NoWayBack(Conflict):
    """The password that was there before is dead. `details` says what there is instead."""

    def __init__(self, target: ResourceId) -> None:
        super().__init__(
            f"the password that {target} held before is not accepted by the registry any more, so "
            "it is not put back (and was never kept); to take access away, remove the credentials "
            "from the workload or rotate the registry's password"
        )
        works = "a password that works"
        images = {"before": "a password that is dead", "written": works, "now": works}
        row = {"what": "password", **images}
        self.details = {**images, "difference": [row]}


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Write the password if it is still wrong. Twice equals once."""
    try:
        login = stored.registry_login(azure, _registry(step))
    except PermanentError as refusal:
        return _stopped(step, f"the registry does not show its passwords ({refusal})", azure)
    return _site(step, login, azure) if _is_site(step) else _app(step, login, azure)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    login = stored.registry_login(azure, _registry(step))
    name = step.after["name"]
    if _is_site(step):
        value = stored.app_settings(azure, step.target).get(name)
    else:
        value = secrets.value(stored.app_secrets(azure, step.target), name)
    which = login.named(value) if value else None
    if which is None:
        return None
    text = f"{name} holds the registry's {which} after an interruption; announced before, so ours"
    return _outcome(step, azure.now(), text, changed=True, holds=f"the registry's {which}")


def reverse(outcome: Outcome) -> Step:
    """Taking it back sends nothing: there is nothing to go back to."""
    return Step(
        remedy=outcome.remedy,
        target=outcome.target,
        summary="Nothing: the password that was there before is not accepted any more",
        before=outcome.after,
        after=outcome.after,
        requests=(),
        permissions=(),
        risk="none",
        undo="nothing",
    )


def undo(outcome: Outcome, *, azure: Azure) -> NoReturn:  # noqa: ARG001
    """Always refused, with the reason."""
    raise NoWayBack(outcome.target)


def _site(step: Step, login: stored.Login, azure: Azure) -> Outcome:
    name, site = step.after["name"], step.target
    seen = stored.app_settings(azure, site)  # the last look: nothing comes before the write
    if objection := _site_objection(step, seen, login):
        return _stopped(step, objection, azure)
    if which := login.named(seen[name]):
        return _nothing_to_do(step, which, azure)
    (which, value), at = _chosen(login), azure.now()
    sent = {**seen, name: value}
    now, put_back, trouble = settings.write(azure, site, sent, name), False, ""
    if _site_objection(step, now, login) is None and login.named(now[name]) is None:
        put_back, sent = True, {**now, name: value}
        try:
            now = settings.write(azure, site, sent, name)
        except LeaseLost:
            raise
        except HealError as error:  # the first write stands, so this is an outcome
            trouble = f" ({error})"
    others = settings.told(settings.differences(sent, now, but=name))
    there = name in now and login.named(now[name]) is not None
    return _judged(step, which, at, there=there, put_back=put_back, others=others, why=trouble)


def _app(step: Step, login: stored.Login, azure: Azure) -> Outcome:
    name, app = step.after["name"], step.target
    properties = secrets.read(azure, app)
    seen = stored.app_secrets(azure, app)  # the last look: nothing comes before the write
    if objection := _app_objection(step, properties, seen, login):
        return _stopped(step, objection, azure)
    if which := login.named(secrets.value(seen, name) or ""):
        return _nothing_to_do(step, which, azure)
    how = (properties.get("configuration") or {}, str(step.after.get("location", "")))
    (which, value), at = _chosen(login), azure.now()
    sent = secrets.with_value(seen, name, value)
    now, put_back, trouble = secrets.write(azure, app, sent, *how), False, ""
    held = secrets.value(now, name)
    if held is not None and login.named(held) is None:
        put_back, sent = True, secrets.with_value(now, name, value)
        try:
            now = secrets.write(azure, app, sent, *how)
        except LeaseLost:
            raise
        except HealError as error:  # the first write stands, so this is an outcome
            trouble = f" ({error})"
    there = login.named(secrets.value(now, name) or "") is not None
    others = settings.told(
        said for said in secrets.differences(sent, now) if not said.startswith(f"{name} ")
    )
    return _judged(step, which, at, there=there, put_back=put_back, others=others, why=trouble)


def _site_objection(step: Step, seen: Mapping[str, str], login: stored.Login) -> str | None:
    """Why the settings are not as the plan needs them any more, or None."""
    name = step.after["name"]
    if name not in seen:
        return f"the setting {name} is gone"
    if seen[name].lower().startswith("@microsoft.keyvault("):
        return f"{name} is a Key Vault reference now, and its secret belongs to the vault's owner"
    if name.upper() != PASSWORD:
        return None  # a sidecar's own setting: the container names user and registry, not these
    upper = {key.upper(): value for key, value in seen.items()}
    if upper.get(USERNAME, "").lower() != login.username.lower():
        return "the workload signs in as another user now"
    try:
        host = login_server(registry_host(upper.get(URL, "")))
    except InvalidReference:
        host = ""
    if host != step.after["server"]:
        return f"the credentials are for {host or 'no registry'} now"
    return None


def _app_objection(
    step: Step,
    properties: Mapping[str, Any],
    seen: list[dict[str, Any]],
    login: stored.Login,
) -> str | None:
    """Why the app is not as the plan needs it any more, or None."""
    name, server = step.after["name"], step.after["server"]
    entries = (properties.get("configuration") or {}).get("registries") or ()
    users = [entry for entry in entries if entry.get("passwordSecretRef") == name]
    strangers = [str(e.get("server")) for e in users if str(e.get("server")).lower() != server]
    if strangers:
        return f"the secret {name} signs in to {', '.join(strangers)} now, too"
    if not users:
        return f"no registry of the app takes its password from {name} any more"
    if any(str(entry.get("username")).lower() != login.username.lower() for entry in users):
        return "the workload signs in as another user now"
    if not any(one.get("name") == name for one in seen):
        return f"the secret {name} is gone"
    if secrets.value(seen, name) is None:
        return f"{name} comes from a Key Vault now, and its secret belongs to the vault's owner"
    return None


def _chosen(login: stored.Login) -> tuple[str, str]:
    """The password to write, with its name: the first by convention."""
    if _BY_CONVENTION in login.passwords:
        return _BY_CONVENTION, login.passwords[_BY_CONVENTION]
    return next(iter(login.passwords.items()))


def _judged(
    step: Step,
    which: str,
    at: datetime,
    *,
    there: bool,
    put_back: bool,
    others: str,
    why: str,
) -> Outcome:
    """Say what was read back.

    The outcome is as old as the sending: the restart's pull may be over before Azure answers.
    """
    name = step.after["name"]
    if not there:
        text = f"{name} was written and is not right: somebody else is writing here too{why}"
        return _outcome(step, at, text + others, changed=True, failed=True, holds="not known")
    text = f"{name} now holds the registry's {which}"
    if put_back:
        text += ", written again after another writer had just replaced it by an old list"
    return _outcome(step, at, text + others, changed=True, holds=f"the registry's {which}")


def _nothing_to_do(step: Step, which: str, azure: Azure) -> Outcome:
    text = f"{step.after['name']} holds the registry's {which} already; nothing was written"
    return _outcome(step, azure.now(), text, changed=False, holds=f"the registry's {which}")


def _stopped(step: Step, why: str, azure: Azure) -> Outcome:
    text = f"stopped without writing: {step.target.name} is not as planned, {why}"
    return _outcome(step, azure.now(), text, changed=False, failed=True, holds="as before")


def _outcome(
    step: Step, at: datetime, detail: str, *, changed: bool, holds: str, failed: bool = False
) -> Outcome:
    return Outcome(
        remedy=catalog.CREDENTIAL_RESYNC.name,
        target=step.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=at,
        before=dict(step.before),
        after={**step.after, "value": holds},
    )


def _registry(step: Step) -> ResourceId:
    return ResourceId.parse(step.after["registry"])


def _is_site(step: Step) -> bool:
    return step.target.type.startswith("microsoft.web/")
