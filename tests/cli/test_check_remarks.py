"""What `equipoise check` prints of many remarks that say the same."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from equipoise.cli.check import command

LINES = (
    "Death: hazard ratio 0.79 (95% CI, 0.59 to 0.96).",
    "Stroke: hazard ratio 0.69 (95% CI, 0.49 to 0.86).",
    "Bleeding: hazard ratio 0.89 (95% CI, 0.69 to 1.06).",
    "Fractures: hazard ratio 0.74 (95% CI, 0.54 to 0.91).",
)


def _printed(tmp_path: Path, *options: str) -> str:
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(LINES) + "\n", encoding="utf-8")
    return CliRunner().invoke(command, [str(path), *options], standalone_mode=False).output


def test_two_are_printed_and_the_rest_counted(tmp_path: Path) -> None:
    text = " ".join(_printed(tmp_path).split())
    assert text.count("lies") == 2
    assert "2 more remarks like these, line 5, 7: The limits are not symmetric" in text


def test_all_are_printed_on_demand(tmp_path: Path) -> None:
    text = " ".join(_printed(tmp_path, "--all").split())
    assert "more remarks like these" not in text
    assert text.count("likelihood, score and exact limits may have that") == 4
