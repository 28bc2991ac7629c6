"""A loaded protocol can't be changed, at any depth."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from equipoise.protocol import Protocol, loads_protocol
from equipoise.protocol.base import FrozenDict

CHANGES: list[Callable[[Protocol], Any]] = [
    lambda trial: setattr(trial, "arms", {}),
    lambda trial: setattr(trial.trial, "title", "x"),
    lambda trial: setattr(trial.endpoints["pfs"].estimand, "summary", "odds_ratio"),
    lambda trial: trial.arms.__setitem__("third", trial.arms["new"]),
    lambda trial: trial.arms.__delitem__("new"),
    lambda trial: trial.arms.update({}),
    lambda trial: trial.arms.pop("new"),
    lambda trial: trial.arms.popitem(),
    lambda trial: trial.arms.clear(),
    lambda trial: trial.arms.setdefault("third", trial.arms["new"]),
    lambda trial: trial.arms.__ior__({}),
    lambda trial: trial.factors["sex"].levels.__setitem__("Other", "O"),
    lambda trial: trial.endpoints["pfs"].estimand.intercurrent.clear(),
    lambda trial: trial.scenarios["planned"].endpoints["pfs"].pop("old"),
    lambda trial: trial.analysis["main"].intercurrent.update(a=1),
    lambda trial: trial.baseline.__delattr__("factors"),
]


@pytest.mark.parametrize("change", CHANGES, ids=[str(number) for number in range(len(CHANGES))])
def test_nothing_can_be_changed(change: Callable[[Protocol], Any], good: str) -> None:
    trial, same = loads_protocol(good), loads_protocol(good)
    with pytest.raises((TypeError, ValidationError)):
        change(trial)
    assert trial == same


def test_nothing_mutable_is_inside(good: str) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, BaseModel):
            for name in type(value).model_fields:
                walk(getattr(value, name))
        elif isinstance(value, dict):
            assert type(value) is FrozenDict
            for item in value.values():
                walk(item)
        elif isinstance(value, tuple):
            for item in value:
                walk(item)
        else:
            assert not isinstance(value, list | set)

    walk(loads_protocol(good))


def test_a_protocol_is_a_value(good: str) -> None:
    trial = loads_protocol(good)
    assert hash(trial) == hash(loads_protocol(good))
    assert copy.deepcopy(trial) == copy.copy(trial) == pickle.loads(pickle.dumps(trial)) == trial
    free = trial.arms.copy()
    free["third"] = trial.arms["new"]
    assert "third" not in trial.arms
