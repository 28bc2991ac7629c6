"""Where in a document an error of a model belongs: the models are walked along the error's location."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic_core import ErrorDetails

from equipoise.protocol.protocol import Protocol
from equipoise.source import YamlPath

__all__ = ["Place", "literals", "place_of", "tags_of"]


class Place(NamedTuple):
    """Where in the document an error of a model belongs.

    Attributes:
        path: Path in the document, without the tags of unions.
        parent: The model that has the field or the unknown key; None inside lists of scalars.
        type: Type that is expected there, None for an unknown key.
    """

    path: YamlPath
    parent: type[BaseModel] | None
    type: Any


def place_of(error: ErrorDetails, top: type[BaseModel] = Protocol) -> Place:
    """Where an error belongs.

    Args:
        error: One error of a model.
        top: Model of the whole document.

    Returns:
        Its place: the error's location with the tags of unions left out.
    """
    path: list[Any] = []
    parent: type[BaseModel] | None = None
    current: Any = top
    for part in error["loc"]:
        if part == "[key]":
            current = str
            continue
        current, parent, consumed = _step(current, part, parent)
        if consumed:
            path.append(part)
    return Place(tuple(path), parent, current)


def _step(current: Any, part: str | int, parent: type[BaseModel] | None) -> tuple[Any, type[BaseModel] | None, bool]:
    current = _bare(current)
    branches = _branches(current)
    if branches:
        tagged = [branch for branch in branches if part in _tags(branch)]
        if tagged:
            return tagged[0], parent, False
        models = [branch for branch in branches if _is_container(_bare(branch))]
        if len(models) != 1:
            return None, parent, False  # a branch of a union of scalars: `str`, `int`
        return _step(models[0], part, parent)
    if isinstance(current, type) and issubclass(current, BaseModel):
        for name, info in current.model_fields.items():
            if part in (name, info.alias):
                annotation = info.annotation
                return (Annotated[annotation, *info.metadata] if info.metadata else annotation), current, True
        return None, current, True
    origin, arguments = get_origin(current), get_args(current)
    if origin is tuple:
        return arguments[0], parent, True
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1], None, True
    return None, parent, False


def _bare(current: Any) -> Any:
    while get_origin(current) is Annotated:
        current = get_args(current)[0]
    return current


def _branches(current: Any) -> tuple[Any, ...]:
    """Branches of a union, nested unions opened, None left out."""
    if get_origin(current) not in (Union, types.UnionType):
        return ()
    out: list[Any] = []
    for branch in get_args(current):
        if branch is type(None):
            continue
        inner = _branches(_bare(branch))
        out.extend(inner if inner and not _tags(branch) else [branch])
    return tuple(out)


def _tags(branch: Any) -> set[Any]:
    if get_origin(branch) is Annotated:
        tags = {item.tag for item in get_args(branch)[1:] if isinstance(item, Tag)}
        if tags:
            return tags
        branch = _bare(branch)
    if isinstance(branch, type) and issubclass(branch, BaseModel):
        for name in ("kind", "format"):
            info = branch.model_fields.get(name)
            if info is not None and get_origin(info.annotation) is Literal:
                return set(get_args(info.annotation))
    return set()


def _is_container(current: Any) -> bool:
    origin = get_origin(current)
    return (
        (isinstance(current, type) and issubclass(current, BaseModel))
        or origin is tuple
        or (isinstance(origin, type) and issubclass(origin, Mapping))
    )


def tags_of(expected: Any) -> list[str]:
    """What the key that tells the branches of a union apart can hold.

    Args:
        expected: The union.
    """
    return sorted(tag for branch in _branches(_bare(expected)) for tag in _tags(branch))


def literals(expected: Any) -> list[Any]:
    """The fixed values that a type allows, those of all branches of a union.

    Args:
        expected: The type.
    """
    bare = _bare(expected)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    return [item for branch in _branches(bare) for item in literals(branch)]
