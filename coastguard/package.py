"""Packaging: one zip for all five functions, with the same content and name wherever it is built.

It holds hub, spoke, chatops and their pinned dependencies, all pure Python: one zip serves every processor. Botocore is
among them, because the one that the Lambda runtime brings is older at times and does not know every parameter we need;
of its data only what the functions use goes in (coastguard.service_models).

Beside each module lies what the building Python compiled of it, and the zip says which Python that was: in that runtime
functions start faster, because /var/task cannot be written to and they would compile everything at each cold start.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import spoke.models
from coastguard import service_models
from coastguard.checkout import BUILD, LAMBDA_REQUIREMENTS, PACKAGES, ROOT

# Installers write these anew each time, or name this machine in them.
_LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
# The entry that names the Lambda runtime of the Python that built the zip.
_RUNTIME = "coastguard-runtime.txt"


class PackagingError(Exception):
    """The zip cannot be built; the text says what to do."""


def build(progress: Callable[[str], None], folder: Path = BUILD) -> Path:
    """Build the zip and return its path, `coastguard-<digest>.zip`; does nothing that an earlier build has done."""
    dependencies = _dependencies(folder, progress)
    digest = hashlib.sha256(dependencies.name.encode())
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    target = folder / f"coastguard-{digest.hexdigest()[:16]}.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=folder) as copied:
            for package in PACKAGES:
                shutil.copytree(ROOT / package, Path(copied, package), ignore=shutil.ignore_patterns("__pycache__"))
            _compile(Path(copied))
            Path(copied, _RUNTIME).write_text("python{}.{}\n".format(*sys.version_info))
            files = sorted([*_files(dependencies), *_files(Path(copied))])
            progress(f"packing {len(files)} files")
            _pack(target, files)
    return target


def runtime_of(code: Path) -> str:
    """Return the Lambda runtime that a zip was built for, like `python3.13`. Raises PackagingError."""
    try:
        with zipfile.ZipFile(code) as archive:
            return archive.read(_RUNTIME).decode().strip()
    except (KeyError, zipfile.BadZipFile) as error:
        raise PackagingError(
            f"{code} does not say which Python built it: build it with `coastguard package`."
        ) from error


def _dependencies(folder: Path, progress: Callable[[str], None]) -> Path:
    """Install the pinned dependencies into a folder named by all that decides of it, unless it is there.

    Which is the pins, this Python, and how we pack.
    """
    decide = (LAMBDA_REQUIREMENTS, Path(__file__), Path(service_models.__file__), Path(spoke.models.__file__))
    recipe = hashlib.sha256(b"".join(path.read_bytes() for path in decide)).hexdigest()[:16]
    target = folder / f"{sys.implementation.cache_tag}-{recipe}"
    if target.exists():
        return target
    progress("fetching the Lambda functions' pinned dependencies")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        installed = Path(unfinished) / "installed"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes"]
        command += ["--target", str(installed), "--requirement", str(LAMBDA_REQUIREMENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
        if done.returncode:
            raise PackagingError(
                f"pip could not fetch the functions' dependencies: {done.stderr.strip()[-500:]}\n"
                "Check that pip reaches a package index (its settings are those of `pip config list`) and try again."
            )
        binaries = sorted(str(path.name) for path in installed.rglob("*.so"))
        if binaries:
            raise PackagingError(f"{', '.join(binaries)} would tie the zip to one processor: pin pure Python wheels.")
        whole = (installed / "botocore" / "data").rename(Path(unfinished) / "data")
        service_models.write(whole, installed / "botocore" / "data")
        _compile(installed)
        if not target.exists():  # somebody else may have been quicker
            installed.rename(target)
    return target


def _compile(folder: Path) -> None:
    """Compile every module for this Python; the result is valid whatever its file's date says.

    By a process of its own: what else has been imported into one shows in what it compiles, because constants that are
    already in use are written down differently.
    """
    command = [sys.executable, "-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(folder), str(folder)], check=True)  # noqa: S603  # our own words


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and _goes_in(name.parts):
            yield name.as_posix(), path


def _goes_in(parts: tuple[str, ...]) -> bool:
    match parts:
        case ("bin", *_):
            return False
        case ("aws_lambda_powertools", "event_handler", *_) | ("slack_bolt", "adapter", *_):
            return False  # for web frameworks; chatops.http_adapter is all that the front has
    return not set(parts) & set(_LEFT_OUT)


def _pack(target: Path, files: list[tuple[str, Path]]) -> None:
    # Under a name of its own until it is whole: several may build at once.
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".unfinished", delete=False) as unfinished:
        archive = zipfile.ZipFile(unfinished, "w")
        for name, path in files:
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = _REGULAR_FILE
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
        archive.close()
    Path(unfinished.name).replace(target)
