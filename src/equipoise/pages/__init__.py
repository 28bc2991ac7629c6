"""The HTML shell, escaping and styles that all pages share. A page is one file that asks the network for nothing."""

from equipoise.pages.html import Html, element, escape, join, void
from equipoise.pages.shell import Contents, shell, styles

__all__ = ["Contents", "Html", "element", "escape", "join", "shell", "styles", "void"]
