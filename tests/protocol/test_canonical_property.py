"""Random protocols: the canonical form rebuilds them, and the order of keys changes no hash."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.protocol import loads_protocol, protocol_from_canonical
from equipoise.protocol.canonical import protocol_document, protocol_hash, section_hashes

names = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name not in {"like", "extends"})
PRINTED = st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs", "Zl", "Zp"])
labels = st.text(PRINTED, min_size=1, max_size=20).map(lambda text: text.strip() or "x")
positive = st.floats(0.001, 1000, allow_nan=False)


@st.composite
def trials(draw: st.DrawFn) -> dict[str, Any]:
    arms = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    factors = draw(st.lists(names, max_size=3, unique=True))
    levels = st.lists(labels, min_size=2, max_size=3, unique_by=lambda text: text.strip().casefold())
    strata = draw(st.lists(st.sampled_from(factors), unique=True)) if factors else []
    hazard_ratio = draw(positive | st.just([{"until": 3, "value": 1}, {"value": 0.5}]))
    return {
        "equipoise": 1,
        "trial": {"id": draw(labels), "title": draw(labels), "planned": draw(st.none() | st.integers(1, 999))},
        "arms": {
            name: {
                "label": f"{name}: {draw(labels)}",
                "role": "experimental" if number else "control",
                "ratio": draw(st.integers(1, 4)),
                "value": f"value of {name}",
            }
            for number, name in enumerate(arms)
        },
        "factors": {name: {"label": draw(labels), "column": name, "levels": draw(levels)} for name in factors},
        "populations": {"itt": {"label": draw(st.none() | labels)}},
        "endpoints": {"os": {"kind": "time_to_event", "label": draw(labels), "source": {"table": "ADTTE",
        "PARAMCD": "OS"}}},
        "analysis": {
            "main": {
                "endpoint": "os",
                "population": "itt",
                "test": {"kind": "fleming_harrington", "rho": draw(st.sampled_from([0, 0.5, 1])), "gamma": 1,
                "strata": strata},
                "survival": {"times": draw(st.lists(positive, max_size=3, unique_by=lambda time: f"{time:g}"))},
            },
            "again": {"like": "main", "rmst": draw(st.sampled_from([None, {"horizon": 5}]))},
        },
        "hypotheses": {
            f"h{number}": {"analysis": "main", "arm": arm, "alpha_one_sided": draw(st.floats(0.001, 0.4))}
            for number, arm in enumerate(arms[1:])
        },
        "scenarios": {
            "one": {"endpoints": {"os": {arm: {"median": draw(positive)} for arm in arms}}},
            "two": {"extends": "one", "endpoints": {"os": {arms[1]: {"hazard_ratio": hazard_ratio}}}},
        },
        "randomization": {"procedure": {"kind": "permuted_blocks"}, "strata": strata},
    }  # fmt: skip


def shuffled(value: Any, random_: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        random_.shuffle(keys)
        return {key: shuffled(value[key], random_) for key in keys}
    return [shuffled(item, random_) for item in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(trials(), st.randoms(use_true_random=False))
def test_round_trip_and_order_of_keys(content: dict[str, Any], random_: random.Random) -> None:
    trial = loads_protocol(json.dumps(content))
    document = protocol_document(trial)
    again = protocol_from_canonical(json.loads(json.dumps(document)))
    assert again == trial
    assert protocol_document(again) == document
    other = loads_protocol(json.dumps(shuffled(content, random_), ensure_ascii=random_.random() < 0.5))
    assert (protocol_hash(other), section_hashes(other)) == (document["hash"], document["sections"])
