"""The vocabulary: each name has a label, a display and a range that makes sense."""

from __future__ import annotations

import pytest

from equipoise.results.vocabulary import VOCABULARY, term


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_terms_are_complete(name):
    entry = term(name)
    assert entry.name == name == name.lower()
    assert entry.label
    if entry.display == "percent" and entry.name not in ("hazard_reduction", "information_fraction"):
        assert (entry.lowest, entry.highest) == (0, 1)
    if entry.display == "points":
        assert (entry.lowest, entry.highest) == (-1, 1)


def test_an_unknown_name_is_a_defect():
    with pytest.raises(KeyError):
        term("hazzard_ratio")
