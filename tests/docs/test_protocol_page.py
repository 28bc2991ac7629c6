"""The page about trial.yaml: every key, and examples that are valid together."""

from __future__ import annotations

import io
import re

import pytest
from ruamel.yaml import YAML

from equipoise.protocol import loads_protocol

BLOCK = re.compile(r"(<!-- instead -->\n)?```yaml\n(.*?)```", re.S)


def read(text):
    return YAML(typ="safe").load(text)


def written(document):
    out = io.StringIO()
    YAML().dump(document, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def blocks(root):
    found = BLOCK.findall((root / "docs" / "protocol.md").read_text(encoding="utf-8"))
    return [(bool(instead), text) for instead, text in found]


def test_every_part_of_the_file_has_its_table_of_keys(root, generator):
    page = (root / "docs" / "protocol.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- generated: model (\w+) -->", page)
    parts = {name for name in generator.schema()["$defs"] if not name.endswith("Partial")}
    assert len(shown) == len(set(shown))
    assert set(shown) == parts | {"Protocol"}


def test_examples_together_are_one_valid_protocol(blocks):
    protocol = loads_protocol("".join(text for instead, text in blocks if not instead))
    for section in type(protocol).model_fields:
        assert section in protocol.model_fields_set, f"no example of {section}"
    assert protocol.analysis["pfs_verified"].strata_as == "verified"


def test_each_alternative_can_stand_in_for_the_example(blocks):
    main = "".join(text for instead, text in blocks if not instead)
    alternatives = [read(text) for instead, text in blocks if instead]
    assert len(alternatives) == 7
    mapped = alternatives[0]
    for alternative in alternatives[1:]:
        document = read(main)
        for section, entries in alternative.items():
            document[section] |= entries
            if section == "hypotheses":  # with levels of their own there is no graph
                document[section] = entries
                del document["multiplicity"]
        assert "os" in loads_protocol(written(document)).endpoints
    # mapped tables: times come from files of their own, conditions speak of mapped columns
    document = read(main)
    document["data"] = mapped["data"]
    document["endpoints"]["orr"]["source"] = {"table": "ADRS"}
    file = {"file": "patients.csv", "subject": "patient", "codes": {1: "event", 0: "censored"}}
    for name in ("pfs", "os", "dor"):
        document["endpoints"][name]["source"] = {**file, "time": f"{name}_days", "status": name}
    document["endpoints"]["pfs"]["estimand"]["intercurrent"].pop("death")
    assert loads_protocol(written(document)).data.format == "mapped"
