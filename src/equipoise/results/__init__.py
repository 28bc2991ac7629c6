"""Statistics and curves: the hub where design, analysis, published facts and pages meet."""

from equipoise.results.curve import Curve
from equipoise.results.key import Key
from equipoise.results.results import Results
from equipoise.results.statistic import Printed, Statistic

__all__ = ["Curve", "Key", "Printed", "Results", "Statistic"]
