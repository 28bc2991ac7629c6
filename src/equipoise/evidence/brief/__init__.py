"""The brief: the story of a trial for people outside it, every number tied to a statistic."""

from equipoise.evidence.brief.model import Brief, Told
from equipoise.evidence.brief.page import brief_html, brief_text
from equipoise.evidence.brief.write import brief_of, write_brief

__all__ = ["Brief", "Told", "brief_html", "brief_of", "brief_text", "write_brief"]
