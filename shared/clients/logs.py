"""
Log Analytics: which pulls failed, and which worked, as the platform's own log tables tell it.

In:  a workload or a time window, and the workspaces named in the settings.
Out: LogRows, newest first; they also say which tables were missing and which answers were cut.

Never a query, a workspace or a link out of a payload: the queries are files in `shared/queries/`.
Errors of the SDK (azure.core.exceptions) pass through untouched.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared import queries
from shared.clients.logrows import LogRow as LogRow
from shared.clients.logrows import LogRows as LogRows
from shared.model.ids import ResourceId

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.monitor.query import LogsQueryClient

#: Log Analytics lets one user run five queries at a time (Azure Monitor service limits).
_SIDE_BY_SIDE = 5
_MOST_FAILURES = 200
_MOST_WORKLOADS = 1000
_MOST_PULLS = 50
_MOST_TOGETHER = 20_000
_MOST_CHANGES = 5
#: `LogRow.reason` of a pull that began, however it ended.
PULLING = "Pulling"

_SITE_TABLES = ("AppServicePlatformLogs", "AppServiceConsoleLogs")
_CONTAINER_TABLES = ("ContainerAppSystemLogs", "ContainerAppSystemLogs_CL")


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: tuple[dict[str, Any], ...]
    cut: str  # why the answer is partial, or ""


class Logs:
    """The workspaces in the settings, asked side by side.

    `workspaces` are workspace ids (the GUID a workspace calls its customer id). `endpoint` and
    `audience` are those of the cloud, such as https://api.loganalytics.io for both.
    """

    def __init__(
        self,
        credential: "TokenCredential",
        *,
        endpoint: str,
        audience: str,
        workspaces: Sequence[str],
        transport: Any = None,
        policies: Sequence[Any] = (),
    ) -> None:
        self._credential = credential
        self._endpoint, self._audience = endpoint, audience
        self._workspaces = tuple(workspaces)
        self._transport, self._policies = transport, tuple(policies)

    @property
    def workspaces(self) -> tuple[str, ...]:
        return self._workspaces

    def tables_of(self, workspace: str) -> frozenset[str]:
        """Which of the tables that tell of pulls this workspace has; each is absent until its first
        row."""
        return self._present([workspace])

    def failures_of(
        self, workload: ResourceId, *, since: datetime, until: datetime, environment: str = ""
    ) -> LogRows:
        """Lines that say a pull of this workload failed in the window (UTC, ends included).

        `until` counts to the end of its second: alerts name seconds, rows carry fractions.
        `environment` is the name of a container app's or job's environment; without it rows of a
        namesake in another resource group cannot be told apart, so compare `LogRow.environment`.
        """
        query, tables = _about(workload, environment, "failures")
        text = query(since=since, until=_whole(until), newest_only=False, most=_MOST_FAILURES)
        return self._rows([text], self._workspaces, tables)

    def failing_workloads(
        self, workspace: str | None = None, *, since: datetime, until: datetime
    ) -> LogRows:
        """The newest failing line of every workload and table in the window.

        `workspace` None asks all of them. Raises LookupError for one that is not in the settings.
        """
        if workspace is None:
            asked = self._workspaces
        else:
            asked = tuple(w for w in self._workspaces if w.lower() == workspace.lower())
            if not asked:
                raise LookupError(f"workspace {workspace} is not among the configured workspaces")
        shared: dict[str, queries.Value] = {
            "since": since,
            "until": _whole(until),
            "newest_only": True,
            "most": _MOST_WORKLOADS,
        }
        no_names = {"app_name": "", "job_name": "", "environment_name": ""}
        texts = [
            queries.load("site_failures", site_id="", **shared),
            queries.load("container_failures", **no_names, **shared),
        ]
        return self._rows(texts, asked, (*_SITE_TABLES, *_CONTAINER_TABLES))

    def pulled_since(
        self, workload: ResourceId, since: datetime, *, environment: str = ""
    ) -> LogRows:
        """Lines that say a pull worked since then (UTC); for a web app also that it started.

        `LogRow.reason` tells them apart: "Started" is the weaker sign, because App Service may
        start a cached image after a failed pull (Configure a custom container documentation).
        """
        rows = self.pulls_since(workload, since, environment=environment)
        worked = (row for row in rows if row.reason != PULLING)
        return LogRows(worked, missing=rows.missing, incomplete=rows.incomplete)

    def pulls_since(
        self, workload: ResourceId, since: datetime, *, environment: str = ""
    ) -> LogRows:
        """The same, and with the reason PULLING when the platform last began a pull."""
        query, tables = _about(workload, environment, "pulls")
        whole = {} if tables is _CONTAINER_TABLES else {"newest_only": False}
        text = query(since=since, most=_MOST_PULLS, **whole)
        return self._rows([text], self._workspaces, tables)

    def of_every_site(self, since: datetime, until: datetime) -> tuple[LogRows, LogRows]:
        """The newest failing line of every web app and slot in the window, and its newest signs of
        pulls since then: for looking at many at once. Raises LookupError when there are more than
        one answer takes."""
        every: dict[str, queries.Value] = {
            "site_id": "",
            "since": since,
            "newest_only": True,
            "most": _MOST_TOGETHER,
        }
        failed, pulls = (
            self._rows([text], self._workspaces, ())
            for text in (
                queries.load("site_failures", until=_whole(until), **every),
                queries.load("site_pulls", **every),
            )
        )
        if failed.incomplete or pulls.incomplete or max(len(failed), len(pulls)) >= _MOST_TOGETHER:
            raise LookupError("there are more rows than one answer takes")
        return failed, pulls

    def undelivered_secrets(
        self, workload: ResourceId, since: datetime, *, environment: str = ""
    ) -> LogRows:
        """Lines that say a secret of an app or job did not come from its Key Vault (UTC)."""
        query, tables = _about(workload, environment, "secrets")
        return self._rows([query(since=since, most=_MOST_PULLS)], self._workspaces, tables)

    def registry_events(
        self, login_server: str, repository: str, identity: str, since: datetime
    ) -> LogRows:
        """Pulls and sign-ins of one identity that a registry itself logged as working (UTC)."""
        text = queries.load(
            "registry_pulls",
            login_server=login_server,
            repository=repository,
            identity=identity,
            since=since,
            most=_MOST_PULLS,
        )
        return self._rows([text], self._workspaces, ())

    def registry_changes(
        self, login_server: str, repository: str, reference: str, since: datetime
    ) -> LogRows:
        """When an image was pushed, untagged, deleted or purged, by the registry's log (UTC)."""
        text = queries.load(
            "registry_changes",
            login_server=login_server,
            repository=repository,
            reference=reference,
            since=since,
            most=_MOST_CHANGES,
        )
        return self._rows([text], self._workspaces, ())

    def _rows(
        self, texts: Sequence[str], workspaces: Sequence[str], tables: Sequence[str]
    ) -> LogRows:
        asked = [(workspace, text) for workspace in workspaces for text in texts]
        answers = self._ask(asked)
        rows = [
            _row(workspace, row)
            for (workspace, _), answer in zip(asked, answers, strict=True)
            for row in answer.rows
        ]
        cut = [
            f"workspace {workspace}: {answer.cut}"
            for (workspace, _), answer in zip(asked, answers, strict=True)
            if answer.cut
        ]
        missing = () if rows or not tables else self._missing(workspaces, tables)
        newest_first = sorted(rows, key=lambda row: row.at, reverse=True)
        return LogRows(newest_first, missing=missing, incomplete=cut)

    def _missing(self, workspaces: Sequence[str], tables: Sequence[str]) -> tuple[str, ...]:
        present = self._present(workspaces)
        return tuple(table for table in tables if table not in present)

    def _present(self, workspaces: Sequence[str]) -> frozenset[str]:
        answers = self._ask([(workspace, queries.load("tables")) for workspace in workspaces])
        return frozenset(row["Table"] for answer in answers for row in answer.rows)

    def _ask(self, asked: Sequence[tuple[str, str]]) -> list[_Answer]:
        """Every (workspace, query) side by side; answers in the order asked."""
        if not asked:
            return []
        ask = self._client.query_workspace  # made here, before any thread needs it
        runs = [(copy_context(), one) for one in asked]
        with ThreadPoolExecutor(max_workers=min(_SIDE_BY_SIDE, len(asked))) as pool:
            told = pool.map(lambda one: one[0].run(ask, *one[1], timespan=None), runs)
            return [_answer(one) for one in told]

    @cached_property
    def _client(self) -> "LogsQueryClient":
        from azure.monitor.query import LogsQueryClient

        options: dict[str, Any] = {"transport": self._transport} if self._transport else {}
        return LogsQueryClient(
            self._credential,
            endpoint=self._endpoint,
            audience=self._audience,
            per_call_policies=list(self._policies),
            **options,
        )


def _about(
    workload: ResourceId, environment: str, kind: str
) -> tuple[Callable[..., str], Sequence[str]]:
    """The query about one workload, wanting only its window, and the tables it reads."""
    if workload.type in ("microsoft.web/sites", "microsoft.web/sites/slots"):
        return lambda **v: queries.load(f"site_{kind}", site_id=workload.key, **v), _SITE_TABLES
    if workload.type in ("microsoft.app/containerapps", "microsoft.app/jobs"):
        is_job = workload.type.endswith("jobs")
        names: dict[str, queries.Value] = {
            "app_name": "" if is_job else workload.name,
            "job_name": workload.name if is_job else "",
            "environment_name": environment,
        }
        return lambda **v: queries.load(f"container_{kind}", **names, **v), _CONTAINER_TABLES
    raise LookupError(f"no log table tells about pulls of a {workload.type}")


def _whole(until: datetime) -> datetime:
    """The end of the second that `until` lies in."""
    return until.replace(microsecond=999_999)


def _answer(result: Any) -> _Answer:
    """The only table of a result, or of the part of it that Azure managed to send."""
    error = getattr(result, "partial_error", None)
    tables = result.partial_data if error is not None else result.tables
    rows = tuple(
        dict(zip(table.columns, row, strict=True)) for table in tables[:1] for row in table.rows
    )
    return _Answer(rows, f"{error.code}: {error.message}" if error is not None else "")


def _row(workspace: str, row: dict[str, Any]) -> LogRow:
    return LogRow(
        at=row["TimeGenerated"],
        table=row["Table"],
        reason=row["Reason"],
        text=row["Text"],
        trusted=row["Trusted"] in (True, 1),
        workspace=workspace,
        resource=row["Resource"],
        app=row["App"],
        job=row["Job"],
        environment=row["Environment"],
        revision=row["Revision"],
    )
