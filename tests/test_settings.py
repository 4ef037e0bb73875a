"""What is good is used, what is bad is named, and nothing bad lets anything be written."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import settings
from shared.settings import PolicyBlob, PolicyFile, PolicyText, SqliteFile, TableAccount

ONE, TWO = "11111111-1111-1111-1111-111111111111", "AAAAAAAA-2222-2222-2222-222222222222"


def test_an_empty_environment_is_a_newcomers() -> None:
    read = settings.load({})

    assert read.policy is None
    assert read.subscriptions is None
    assert read.workspaces == ()
    assert read.cloud == "AzureCloud"
    assert read.store == SqliteFile(Path("medic.db"))
    assert read.problems == ()
    assert read.may_write


def test_every_good_setting_is_used() -> None:
    read = settings.load(
        {
            "MEDIC_POLICY": "/etc/medic/policy.yaml",
            "MEDIC_STORE": "https://medicstore.table.core.windows.net/",
            "MEDIC_WORKSPACES": f" {ONE}, {TWO},{ONE},",
            "MEDIC_SUBSCRIPTIONS": TWO,
            "MEDIC_CLOUD": "azurechinacloud",
            "MEDIC_NOTIFY": "https://hooks.example/a?key=secret, mailto://ops@example",
            "PATH": "/bin",
        }
    )

    assert read.policy == PolicyFile(Path("/etc/medic/policy.yaml"))
    assert read.store == TableAccount("https://medicstore.table.core.windows.net")
    assert read.workspaces == (ONE, TWO.lower())
    assert read.subscriptions == (TWO.lower(),)
    assert read.cloud == "AzureChinaCloud"
    assert read.notify == ("https://hooks.example/a?key=secret", "mailto://ops@example")
    assert read.may_write


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("policy.yaml", PolicyFile(Path("policy.yaml"))),
        ("C:\\medic\\policy.yaml", PolicyFile(Path("C:\\medic\\policy.yaml"))),
        ("version: 1", PolicyText("version: 1")),
        ("version: 1\nmode: auto", PolicyText("version: 1\nmode: auto")),
        ('{"version": 1}', PolicyText('{"version": 1}')),
        ("# mine\nversion: 1", PolicyText("# mine\nversion: 1")),
        (
            "https://acc.blob.core.chinacloudapi.cn/medic/policy.yaml",
            PolicyBlob("https://acc.blob.core.chinacloudapi.cn/medic/policy.yaml"),
        ),
    ],
)
def test_a_policy_is_a_path_a_blob_or_the_text_itself(text: str, source: object) -> None:
    read = settings.load({"MEDIC_POLICY": text})

    assert read.policy == source
    assert read.may_write


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///medic/incidents.db", "medic/incidents.db"),
        ("sqlite:////var/medic.db", "/var/medic.db"),
    ],
)
def test_a_store_path_is_relative_after_three_slashes_and_absolute_after_four(
    text: str, path: str
) -> None:
    assert settings.load({"MEDIC_STORE": text}).store == SqliteFile(Path(path))


def test_a_cloud_of_ones_own_is_the_address_of_its_resource_manager() -> None:
    assert settings.load({"MEDIC_CLOUD": "https://localhost:8443/"}).cloud == (
        "https://localhost:8443"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MEDIC_POLICY", "http://acc.blob.core.windows.net/c/p.yaml"),
        ("MEDIC_POLICY", "https://example.com/policy.yaml"),
        ("MEDIC_POLICY", "https://acc.blob.core.windows.net/c/p.yaml?sig=SECRET"),
        ("MEDIC_STORE", "sqlite:///"),
        ("MEDIC_STORE", "sqlite:///:memory:"),
        ("MEDIC_STORE", "postgres://SECRET@db/medic"),
        ("MEDIC_STORE", "http://acc.table.core.windows.net"),
        ("MEDIC_STORE", "https://acc.table.core.windows.net/?sig=SECRET"),
        ("MEDIC_STORE", "https://["),
        ("MEDIC_STORE", "https://SECRET\u2100.table.core.windows.net"),
        ("MEDIC_WORKSPACES", f"{ONE},my-workspace"),
        ("MEDIC_SUBSCRIPTIONS", "production"),
        ("MEDIC_SUBSCRIPTIONS", ","),
        ("MEDIC_CLOUD", "AzureGermanCloud"),
        ("MEDIC_CLOUD", "http://localhost:8443"),
        ("MEDIC_CLOUD", "https://host:port"),
        ("MEDIC_CLOUD", "https://user@host"),
        ("MEDIC_NOTIFY", "https://hooks.example/SECRET, nonsense"),
        ("MEDIC_SUBSCRIPTION", ONE),
        ("MEDIC_POLCY", "policy.yaml"),
    ],
)
def test_a_bad_setting_is_named_and_stops_writes_but_never_the_app(name: str, text: str) -> None:
    read = settings.load({name: text})

    assert [problem.setting for problem in read.problems] == [name]
    assert read.problems[0].message
    assert read.problems[0].advice
    assert not read.may_write
    assert "SECRET" not in repr(read.problems)


def test_bad_subscriptions_never_widen_to_all_of_them() -> None:
    assert settings.load({"MEDIC_SUBSCRIPTIONS": f"{ONE},x"}).subscriptions == ()


def test_notification_addresses_stay_out_of_logs() -> None:
    assert "SECRET" not in repr(settings.load({"MEDIC_NOTIFY": "https://hooks.example/SECRET"}))


def test_one_bad_setting_leaves_the_others_in_use() -> None:
    read = settings.load({"MEDIC_CLOUD": "x", "MEDIC_WORKSPACES": ONE})

    assert read.workspaces == (ONE,)
    assert len(read.problems) == 1


def test_a_name_that_resembles_none_of_ours_is_somebody_elses() -> None:
    assert settings.load({"MEDIC_DEPLOYED_BY": "ops"}).may_write


_NAMES = st.sampled_from(["POLICY", "STORE", "WORKSPACES", "SUBSCRIPTIONS", "CLOUD", "NOTIFY"])


@given(st.dictionaries(_NAMES.map("MEDIC_{}".format), st.text(max_size=60)))
def test_no_environment_is_too_strange_to_load(environ: dict[str, str]) -> None:
    read = settings.load(environ)

    assert {problem.setting for problem in read.problems} <= environ.keys()
    assert read.may_write == (not read.problems)


def test_loading_settings_costs_the_alert_door_no_heavy_import() -> None:
    code = (
        "import sys; from shared import settings; settings.load({'MEDIC_STORE': 'sqlite:///x'});"
        "heavy = {'pydantic', 'yaml', 'msgspec', 'azure', 'sqlite3'} & set(sys.modules);"
        "print(*heavy)"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr


def test_a_comma_within_an_address_is_the_addresss_own() -> None:
    mail = "mailto://127.0.0.1?to=a@x.example,b@x.example"

    read = settings.load({"MEDIC_NOTIFY": f"{mail}, slack://a/b/c"})

    assert read.notify == (mail, "slack://a/b/c")
    assert read.may_write


@pytest.mark.parametrize(
    ("host", "page"),
    [
        ("medic-x.azurewebsites.net", "https://medic-x.azurewebsites.net/api/console"),
        ("localhost:7071", "http://localhost:7071/api/console"),
        ("evil host/", None),
        ("", None),
    ],
)
def test_the_console_is_where_the_platform_says_we_are(host: str, page: str | None) -> None:
    assert settings.load({"WEBSITE_HOSTNAME": host}).console == page
