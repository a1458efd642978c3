"""Cold starts are measured in `make bench`; here, that what is measured is still there."""

import zipfile
from pathlib import Path

from coastguard import package
from tests.benchmarks import cold


def test_each_function_starts_from_its_zip_as_far_as_it_is_measured(tmp_path: Path) -> None:
    zipfile.ZipFile(package.build(lambda _: None)).extractall(tmp_path)

    for name in cold.MODULES:
        cpu, memory = cold.started(tmp_path, cold.of_ours(name))
        assert (cpu > 0, memory > 0) == (True, True)
