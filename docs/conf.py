"""Sphinx configuration; build with `sphinx-build -W -b html docs docs/_build/html`."""

project = "equipoise"
author = "The equipoise authors"
copyright = "2026, the equipoise authors"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "equipoise"
html_static_path = []
exclude_patterns = ["_build"]
suppress_warnings = ["myst.header"]


def setup(app):
    """Show CSV as plain text: Pygments has no lexer for it."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("csv", TextLexer)
