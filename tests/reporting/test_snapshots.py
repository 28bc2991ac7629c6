"""Rendered sections as text, one line a table row, compared with what was read and found right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SECTIONS = {
    "two_arms": ("answer", "participants", "baseline", "efficacy", "subgroups", "response", "safety", "sensitivity",
                 "hypotheses", "methods", "data-notes"),
    "three_arms": ("answer", "efficacy", "hypotheses"),
    "not_significant": ("answer", "hypotheses"),
    "designed": ("answer", "design"),
    "blinded": ("answer", "monitoring"),
    "unblinded": ("answer", "monitoring"),
    "simulated": ("answer", "simulation"),
    "simulated_twice": ("answer", "simulation"),
    "colon": ("efficacy-recurrence_incidence-incidence",),
}  # fmt: skip


def lines(node: Any) -> list[str]:
    """Text of a section: a line a paragraph, heading, item or table row, cells parted by bars."""
    found: list[str] = []
    for child in node.children:
        if isinstance(child, str):
            continue
        if child.tag == "tr":
            cells = [re.sub(r"\s+", " ", cell.text).strip() for cell in child.all("th") + child.all("td")]
            found.append(" | ".join(cells))
        elif child.tag in ("p", "li", "h2", "h3", "h4", "caption", "figcaption", "dt", "dd", "summary"):
            own = "".join(part if isinstance(part, str) else part.text for part in child.children
                          if isinstance(part, str) or part.tag != "ul")  # fmt: skip
            mark = {
                "h2": "## ",
                "h3": "### ",
                "h4": "#### ",
                "li": "- ",
                "caption": "[table] ",
                "figcaption": "[figure] ",
            }
            found.append(mark.get(child.tag, "") + re.sub(r"\s+", " ", own).strip())
            found += lines(child)
        elif child.tag != "svg":
            found += lines(child)
    return found


@pytest.mark.parametrize(("bundle", "section"), [(name, one) for name, all_ in SECTIONS.items() for one in all_])
def test_section(
    bundle: str, section: str, request: pytest.FixtureRequest, parse: Callable[..., Any],
    snapshot: Callable[[str, str], None],
) -> None:  # fmt: skip
    out: Path = request.getfixturevalue(bundle)
    node = parse(out / "dossier.html").all("section", id=section)[0]
    snapshot(f"{bundle}.{section}.txt", "\n".join(lines(node)) + "\n")


def test_a_table_as_csv(two_arms: Path, snapshot: Callable[[str, str], None]) -> None:
    snapshot("two_arms.overview-safety.csv", (two_arms / "tables" / "overview-safety.csv").read_text(encoding="utf-8"))
