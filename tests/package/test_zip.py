"""The zip is proven as Lambda will find it: alone, beside nothing but the standard library."""

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from coastguard import package
from coastguard.service_models import OPERATIONS
from tests.benchmarks.cold import ENVIRONMENT, MODULES

# Nobody is called: not even a name is asked for.
OFFLINE = """
def hear(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise RuntimeError(f"{event} {args}")
sys.addaudithook(hear)
"""
STARTED = "import gc; print(function.handler.__name__, function.wire.cache_info().currsize, gc.isenabled(), "


@pytest.fixture(scope="module")
def archive() -> Path:
    return package.build(print)


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(archive).extractall(folder)
    return folder


def run_alone(code: str, *folders: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run code without this environment's libraries: no site-packages, no working directory on the path."""
    begin = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}; "
    command = [sys.executable, "-I", "-S", "-c", begin + code]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", MODULES.values())
def test_in_lambda_a_function_is_wired_when_it_is_imported_and_calls_nobody(module: str, unpacked: Path) -> None:
    code = f"{OFFLINE}\nimport {module} as function; {STARTED} gc.get_freeze_count() > 50_000)"
    done = run_alone(code, unpacked, env=ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("handler 1 True True\n", "")


@pytest.mark.parametrize("module", MODULES.values())
def test_elsewhere_nothing_happens_when_it_is_imported(module: str, unpacked: Path) -> None:
    env = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("AWS_", "COASTGUARD_"))}
    done = run_alone(f"import {module} as function; {STARTED} gc.get_freeze_count())", unpacked, env=env)
    assert (done.stdout, done.stderr) == ("handler 0 True 0\n", "")


def test_an_init_that_fails_raises_and_leaves_nothing_half_made(unpacked: Path) -> None:
    env = {name: value for name, value in ENVIRONMENT.items() if name != "COASTGUARD_TABLE"}
    code = (
        "import gc, os\ntry:\n    import hub.look\nexcept Exception as error:\n    print(type(error).__name__)\n"
        "print('hub.look' in sys.modules, gc.isenabled())\nos.environ['COASTGUARD_TABLE'] = 'coastguard'\n"
        "import hub.look\nprint(hub.look.wire()[0].hub.table is hub.look.wire()[0].hub.table)"
    )
    done = run_alone(code, unpacked, env=env)
    assert (done.stdout, done.stderr) == ("BadSettings\nFalse True\nTrue\n", "")


def test_models_come_from_the_zip_whatever_lies_elsewhere(unpacked: Path) -> None:
    """As in Lambda, whose runtime has a botocore of its own, behind the zip on the path."""
    runtime = Path(sysconfig.get_path("purelib"))
    whole = runtime / "botocore" / "data"
    assert (whole / "lambda").is_dir()
    code = (
        "import botocore; from hub.runtime.clients import AWS, HubSession; from hub.table.store import Store; "
        "from spoke.accounts import Accounts; session = HubSession(); "
        "clients = [session.client('ec2', config=AWS), Accounts(session)._clients.get('ec2', 'eu-west-1'), "
        "Store('coastguard', 'eu-west-1')._connection.client]; print(botocore.__file__); "
        "[print(*sorted(client.meta.service_model.operation_names)) for client in clients]"
    )
    done = run_alone(code, unpacked, runtime, env={**ENVIRONMENT, "AWS_DATA_PATH": str(whole)})
    assert done.stderr == ""
    ec2, table = (" ".join(sorted(OPERATIONS[service])) for service in ("ec2", "dynamodb"))
    assert done.stdout.splitlines() == [str(unpacked / "botocore" / "__init__.py"), ec2, ec2, table]


def test_a_missing_dependency_would_be_noticed(unpacked: Path, tmp_path: Path) -> None:
    for package_of_ours in ("hub", "spoke"):
        shutil.copytree(unpacked / package_of_ours, tmp_path / package_of_ours)
    assert "ModuleNotFoundError: No module named" in run_alone("import hub.look", tmp_path).stderr


def test_every_service_that_is_called_is_in_the_zip(unpacked: Path) -> None:
    make = "import botocore.session as b; s = b.Session(); "
    made = f"[s.create_client(service, region_name='eu-west-1') for service in {sorted(OPERATIONS)!r}]"
    assert run_alone(make + made, unpacked).stderr == ""
    data = {path.name for path in (unpacked / "botocore" / "data").iterdir() if path.is_dir()}
    assert data == set(OPERATIONS)


def test_time_zones_are_in_the_zip(unpacked: Path) -> None:
    code = "import zoneinfo; zoneinfo.reset_tzpath(to=()); print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert run_alone(code, unpacked).stdout == "Europe/Berlin\n"


def test_the_regions_are_in_the_zip(unpacked: Path) -> None:
    code = "from spoke.places import partition; print(partition('eusc-de-east-1'), 'botocore' in sys.modules)"
    assert run_alone(code, unpacked).stdout == "aws-eusc False\n"


def test_the_zip_holds_our_three_packages_and_nothing_of_the_operators_side(archive: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(archive).namelist()}
    assert {"hub", "spoke", "chatops"} <= tops
    assert not tops & {"coastguard", "tests", "bin", "moto", "ministack"}


def test_nothing_in_the_zip_is_tied_to_a_processor_or_a_moment(archive: Path) -> None:
    entries = zipfile.ZipFile(archive).infolist()
    assert [e.filename for e in entries if e.filename.endswith(".so")] == []
    assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)


def test_every_module_in_the_zip_is_compiled_so_that_a_changed_date_does_not_matter(archive: Path) -> None:
    whole = zipfile.ZipFile(archive)
    names = set(whole.namelist())
    modules = [name for name in names if name.endswith(".py")]
    assert [name for name in modules if importlib.util.cache_from_source(name) not in names] == []
    # https://docs.python.org/3/reference/import.html#pyc-invalidation: hash-based and not to be checked.
    assert whole.read(importlib.util.cache_from_source("hub/look.py"))[4:8] == b"\1\0\0\0"


def test_the_zip_says_which_runtime_its_modules_are_compiled_for(archive: Path) -> None:
    assert package.runtime_of(archive) == "python{}.{}".format(*sys.version_info)


def test_a_zip_that_does_not_say_which_python_built_it_is_refused_with_the_remedy(tmp_path: Path) -> None:
    code = tmp_path / "code.zip"
    with zipfile.ZipFile(code, "w") as other:
        other.writestr("hub/look.py", "")
    with pytest.raises(package.PackagingError, match="build it with `coastguard package`"):
        package.runtime_of(code)


def test_what_is_compiled_is_the_same_whatever_has_been_imported(archive: Path, tmp_path: Path) -> None:
    """Here most of it has been, and `coastguard package` has imported little: the sha256 is to be the same."""
    whole = zipfile.ZipFile(archive)
    sources = [name for name in whole.namelist() if name.endswith(".py") and name.startswith(("hub/", "botocore/"))]
    whole.extractall(tmp_path, sources)
    package._compile(tmp_path)
    compiled = [importlib.util.cache_from_source(name) for name in sources]
    assert [name for name in compiled if (tmp_path / name).read_bytes() != whole.read(name)] == []


def test_building_again_builds_the_same_and_does_no_work(archive: Path) -> None:
    said: list[str] = []
    before = archive.stat().st_mtime_ns
    assert package.build(said.append) == archive
    assert (said, archive.stat().st_mtime_ns) == ([], before)
