"""YAML 1.2 with a place for every value: plain Python values and, for each path, file, line and column.

Declarations are read through ruamel.yaml's round-trip composer, whose nodes carry marks; scalars are turned into Python
values here, by the YAML 1.2 rules: `yes` and `1:1` are text, `2026-06-30` is a date. Duplicate keys are all reported,
never silently resolved. `ruamel.yaml` is imported on first use.
"""

from __future__ import annotations

from equipoise.source.nodes import Node, Place, Source, YamlPath, dotted
from equipoise.source.placing import place_problems
from equipoise.source.reading import parse_source, read_source

__all__ = ["Node", "Place", "Source", "YamlPath", "dotted", "parse_source", "place_problems", "read_source"]
