"""Functions' code: unpacked once for all that run it, which cannot tell, as /var/task cannot be written to on AWS.

MiniStack does so for its containers, but unpacks anew for each function that it runs as a process: thousands of files
at each cold start, which take longer than the start itself.
"""

import zipfile
from pathlib import Path
from types import SimpleNamespace

from ministack.core import lambda_runtime
from ministack.services import lambda_svc


def install() -> None:
    """Have MiniStack link what is unpacked already."""
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": _Linked})


class _Linked(zipfile.ZipFile):
    """A file of a function's or a layer's code, which is extracted into a new and empty folder."""

    def extractall(self, path: str, members: None = None, pwd: None = None) -> None:  # type: ignore[override]  # noqa: ARG002  # MiniStack names a folder only
        """Make the folder a link, which goes when the function ends."""
        unpacked = lambda_svc._docker_extracted_dir(Path(str(self.filename)).read_bytes(), "code")  # noqa: SLF001 - asserted in symbols
        folder = Path(path)
        folder.rmdir()
        folder.symlink_to(unpacked, target_is_directory=True)
