"""The key of a statistic: what a number is about. The same key in another stage is the same quantity said elsewhere."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from equipoise.errors import BundleError, Problem

__all__ = ["Key", "Stage", "slug"]

Stage = Literal["design", "simulation", "monitoring", "analysis", "published"]
_SAFE = re.compile(r"[^A-Za-z0-9_+-]+")
_DECIMAL = re.compile(r"(?<=\d)\.(?=\d)")


def slug(value: str) -> str:
    """`value` as one part of an identifier: letters, digits, `_`, `+`, `-`; case is kept.

    A space becomes `_`, a decimal point `p` (dots separate the parts of an identifier). Any other replaced character
    could make two values alike ("<65" and ">65"), so four hexadecimal digits of the value's hash follow.

    Args:
        value: Any text.

    Returns:
        A slug that is the same on every machine and every run.
    """
    plain = _DECIMAL.sub("p", value.replace(" ", "_"))
    safe = _SAFE.sub("-", plain).strip("-")
    if safe == plain:
        return safe
    digest = hashlib.sha256(value.encode()).hexdigest()[:4]
    return f"{safe}-{digest}" if safe else digest


def _number(value: float) -> str:
    return f"{value:.10g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a statistic is about. Empty fields do not apply.

    Attributes:
        stage: Which part of a trial's life said it.
        analysis: Name of the analysis in trial.yaml.
        statistic: Name from `equipoise.results.vocabulary`.
        endpoint: Name of the endpoint in trial.yaml.
        population: Name of the population in trial.yaml.
        arm: Arm name. A contrast sets `arm` (experimental) and `versus`; both empty means all arms jointly.
        versus: Arm of reference of a contrast.
        groups: Ordered pairs such as `(("soc", "..."), ("term", "..."))` or `(("factor", "sex"), ("level", "F"))`.
        time: A landmark, in the trial's declared unit of time (`time.unit`).
        hypothesis: Name of the hypothesis in trial.yaml.
        scenario: Name of the scenario in trial.yaml.
        look: 1-based look of a group-sequential design.
        data_cut: ISO date of a declared data cut.
        under: `h0`, `h1` or a named drift.
        method: Dotted slug of the method, `cox.efron.stratified`.
        interval: Dotted slug of the interval, `log_log.95`.
    """

    stage: Stage = "analysis"
    analysis: str = ""
    statistic: str = ""
    endpoint: str = ""
    population: str = ""
    arm: str = ""
    versus: str = ""
    groups: tuple[tuple[str, str], ...] = ()
    time: float | None = None
    hypothesis: str = ""
    scenario: str = ""
    look: int | None = None
    data_cut: str = ""
    under: str = ""
    method: str = ""
    interval: str = ""

    @property
    def id(self) -> str:
        """The identifier, derived and never typed: the filled fields as slugs, joined by dots."""
        parts: list[str] = [] if self.stage == "analysis" else [self.stage]
        # An analysis implies its endpoint and population; without one they tell rows apart.
        parts += [slug(self.analysis)] if self.analysis else [slug(v) for v in (self.endpoint, self.population) if v]
        parts.append(slug(self.statistic))
        if self.arm or self.versus:
            parts.append(slug(self.arm) + (f"-vs-{slug(self.versus)}" if self.versus else ""))
        parts += [f"{slug(name)}-{slug(level)}" for name, level in self.groups]
        if self.time is not None:
            parts.append(f"t{slug(_number(self.time))}")
        parts += [slug(v) for v in (self.hypothesis, self.scenario) if v]
        if self.look is not None:
            parts.append(f"look{self.look}")
        if self.data_cut:
            parts.append(f"cut{slug(self.data_cut)}")
        if self.under:
            parts.append(f"under-{slug(self.under)}")
        parts += [".".join(slug(piece) for piece in v.split(".")) for v in (self.method, self.interval) if v]
        return ".".join(part for part in parts if part)

    def group(self, name: str) -> str:
        """The level of group `name`, "" where the key has no such group."""
        return dict(self.groups).get(name, "")

    def to_dict(self) -> dict[str, Any]:
        """Filled fields as plain JSON values; `groups` as a list of pairs."""
        out: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if value in ("", None, ()):
                continue
            out[name] = [list(pair) for pair in value] if name == "groups" else value
        return out

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Key:
        """The key that `to_dict` wrote.

        Args:
            content: A mapping of field names to values.

        Raises:
            BundleError: On an unknown field or stage.
        """
        content = dict(content)
        unknown = set(content) - set(cls.__dataclass_fields__)
        if unknown or content.get("stage", "analysis") not in get_args(Stage):
            value = str(sorted(unknown)) if unknown else str(content.get("stage"))
            raise BundleError(
                Problem(
                    code="bundle.key",
                    message="a statistic has a key that this version can't read",
                    value=value,
                    cure="write the bundle again with `equipoise analyze`, or install the version that wrote it",
                )
            )
        if "groups" in content:
            content["groups"] = tuple((str(a), str(b)) for a, b in content["groups"])
        return cls(**content)
