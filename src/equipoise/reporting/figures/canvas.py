"""A sheet of paper in CSS pixels, drawn by matplotlib without axes and without pyplot.

Coordinates have their origin at the top left, as in SVG. Every figure places its own scales, so that texts and marks
sit where the page's HTML expects them, whatever font the reader has.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from equipoise.reporting.figures.style import INK, RC
from equipoise.reporting.figures.svg import Finish, finish
from equipoise.reporting.figures.text import clean

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from numpy.typing import ArrayLike

__all__ = ["Canvas"]


class Canvas:
    """A figure under construction.

    Attributes:
        width: Width of the viewBox.
        height: Height of the viewBox.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = float(width)
        self.height = float(height)
        self._marks: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def line(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        color: str = INK,
        width: float = 1.0,
        dash: Sequence[float] = (),
        cap: str = "butt",
        **tags: str,
    ) -> None:
        """A line; NaN lifts the pen.

        Args:
            x: Abscissas.
            y: Ordinates, downwards.
            color: Stroke.
            width: Stroke width.
            dash: Lengths on and off, in viewBox units.
            cap: `butt`, `round` or `projecting`.
            **tags: Attributes of the group in the SVG; `_` becomes `-`; `title` becomes a tooltip.
        """
        spec = {"x": x, "y": y, "color": color, "width": width, "dash": tuple(dash), "cap": cap}
        self._marks.append(("line", spec, tags))

    def segments(self, pieces: Iterable[tuple[float, float, float, float]], **options: Any) -> None:
        """Separate straight segments in one path.

        Args:
            pieces: `(x0, y0, x1, y1)` each.
            **options: As for `line`.
        """
        gap = float("nan")
        flat = [(x0, y0, x1, y1) for x0, y0, x1, y1 in pieces]
        if flat:
            x = [value for x0, _, x1, _ in flat for value in (x0, x1, gap)]
            y = [value for _, y0, _, y1 in flat for value in (y0, y1, gap)]
            self.line(x[:-1], y[:-1], **options)

    def shape(
        self,
        points: Sequence[tuple[float, float]] | ArrayLike,
        *,
        fill: str = INK,
        alpha: float = 1.0,
        stroke: str = "none",
        outline: float = 0.6,
        **tags: str,
    ) -> None:
        """A closed polygon.

        Args:
            points: Corners, `(k, 2)`.
            fill: Fill colour, or `none`.
            alpha: Opacity of the fill.
            stroke: Outline colour, or `none`.
            outline: Width of the outline.
            **tags: As for `line`.
        """
        spec = {"points": points, "fill": fill, "alpha": alpha, "stroke": stroke, "width": outline}
        self._marks.append(("shape", spec, tags))

    def rect(self, x: float, y: float, width: float, height: float, **options: Any) -> None:
        """A rectangle.

        Args:
            x: Left.
            y: Top.
            width: Width.
            height: Height.
            **options: As for `shape`.
        """
        self.shape([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], **options)

    def circle(self, x: float, y: float, radius: float, **options: Any) -> None:
        """A circle.

        Args:
            x: Centre.
            y: Centre.
            radius: Radius.
            **options: As for `shape`.
        """
        self._marks.append(
            (
                "circle",
                {
                    "center": (x, y),
                    "radius": radius,
                    "fill": options.pop("fill", INK),
                    "stroke": options.pop("stroke", "none"),
                    "width": options.pop("outline", 0.6),
                },
                options,
            )
        )

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float,
        color: str = INK,
        weight: str = "normal",
        anchor: str = "start",
        middle: bool = True,
        rotation: float = 0.0,
        **tags: str,
    ) -> None:
        """One line of text.

        Args:
            x: Place of the anchor.
            y: Middle of the lower-case letters, or the baseline.
            content: The text.
            size: Font size.
            color: Fill.
            weight: `normal` or `bold`.
            anchor: `start`, `middle` or `end`.
            middle: False where `y` is the baseline.
            rotation: Degrees, counter-clockwise.
            **tags: As for `line`.
        """
        content = clean(content)
        if not content:
            return
        shift = 0.35 * size if middle else 0.0
        place = (x, y + shift) if not rotation else (x + shift, y)
        spec = {
            "place": place, "content": content, "size": size, "color": color, "weight": weight,
            "anchor": anchor, "rotation": rotation,
        }  # fmt: skip
        self._marks.append(("text", spec, tags))

    def svg(self, *, name: str, title: str, description: str = "", attributes: Mapping[str, str] | None = None) -> str:
        """The drawing as an SVG element ready to stand in HTML.

        Args:
            name: Prefix of every id in it; unique on the page.
            title: Name for screen readers.
            description: Longer description for screen readers.
            attributes: More attributes of the root element.
        """
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        stream = io.StringIO()
        with matplotlib.rc_context(cast("Any", RC)), warnings.catch_warnings():
            # Text stays text: the reader's browser has glyphs that the font used for measuring lacks.
            warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
            figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
            figure.patch.set_visible(False)
            upright = Affine2D().scale(1, -1).translate(0, self.height)
            for number, (kind, spec, _) in enumerate(self._marks):
                artist = _artist(kind, spec)
                artist.set_transform(upright)
                artist.set_zorder(number)
                artist.set_gid(f"mark{number}")
                figure.add_artist(artist)
            canvas: Any = FigureCanvasSVG(figure)
            canvas.print_svg(stream, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
        tags = {f"mark{n}": {k: clean(v) for k, v in tag.items()} for n, (_, _, tag) in enumerate(self._marks) if tag}
        done = Finish(
            name=name, title=clean(title), description=clean(description), width=self.width, height=self.height,
            tags=tags, attributes=dict(attributes or {}),
        )  # fmt: skip
        return finish(stream.getvalue(), done)


def _artist(kind: str, spec: Mapping[str, Any]) -> Artist:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, Polygon
    from matplotlib.text import Text

    if kind == "text":
        return Text(
            spec["place"][0], spec["place"][1], spec["content"],
            fontsize=spec["size"], color=spec["color"], fontweight=spec["weight"],
            ha={"start": "left", "middle": "center", "end": "right"}[spec["anchor"]], va="baseline",
            rotation=spec["rotation"], rotation_mode="anchor", parse_math=False,
        )  # fmt: skip
    if kind == "line":
        style: Any = (0, tuple(length / spec["width"] for length in spec["dash"])) if spec["dash"] else "-"
        return Line2D(
            spec["x"], spec["y"], color=spec["color"], linewidth=spec["width"], linestyle=style,
            solid_capstyle=spec["cap"], dash_capstyle="butt", solid_joinstyle="miter", dash_joinstyle="miter",
        )  # fmt: skip
    paint = {"facecolor": spec["fill"], "edgecolor": spec["stroke"], "linewidth": spec["width"]}
    if kind == "circle":
        return Circle(spec["center"], spec["radius"], **paint)
    return Polygon(spec["points"], closed=True, alpha=None if spec["alpha"] == 1 else spec["alpha"], **paint)
