"""The HTML shell that all pages share."""
