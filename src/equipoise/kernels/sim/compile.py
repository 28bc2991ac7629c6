"""How the loops are compiled: the same options for all of them, and results kept on disk between runs.

numba keeps what it has compiled by the file that a function stands in, and does not see that another function, which
it calls, has changed. So the folder is named after a hash of all sources of this room: a change anywhere starts a
new one, and a folder that is there holds what these very sources compile to.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
import numpy as np

__all__ = ["cache_folder", "compiled", "is_compiled"]

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOM = Path(__file__).parent
_ELSEWHERE = (_ROOM.parent / "philox.py", _ROOM.parents[1] / "randomization" / "steps.py")


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: one folder for these sources, in EQUIPOISE_CACHE or in the user's cache."""
    chosen = os.environ.get("EQUIPOISE_CACHE")
    if chosen:
        home = Path(chosen)
    elif sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA", Path.home())) / "equipoise"
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "equipoise"
    content = hashlib.sha256(f"{numba.__version__} {np.__version__}".encode())
    for source in (*sorted(_ROOM.glob("*.py")), *_ELSEWHERE):
        content.update(source.name.encode())
        content.update(source.read_bytes())
    return home / f"compiled-{content.hexdigest()[:16]}"


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether a compiled function has code on disk, so that its first call does not compile.

    Args:
        function: What `compiled` returned.
    """
    name = getattr(function, "__name__", "")
    source = Path(getattr(function, "__code__").co_filename)  # noqa: B009  a dispatcher has it, its type does not say so
    return any(cache_folder().rglob(f"{source.stem}.{name}-*.nbi"))


@overload
def compiled(function: Function, **options: Any) -> Any: ...
@overload
def compiled(function: None = None, **options: Any) -> Callable[[Callable[..., Any]], Any]: ...
def compiled(function: Function | None = None, **options: Any) -> Any:
    """Compile a function at its first call, without the interpreter's lock, and keep the code on disk.

    Division by zero gives infinity or NaN, as in numpy: a check at every division keeps loops from being vectorized.

    Args:
        function: The function; absent when options are given: `@compiled(inline="always")`.
        **options: More options of `numba.njit`.
    """
    if function is None:
        return lambda one: compiled(one, **options)
    settings: Any = numba.config
    before = settings.CACHE_DIR
    # numba reads the folder when it decorates.
    settings.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(cache=True, error_model="numpy", nogil=True, **options)(function)
    finally:
        settings.CACHE_DIR = before
