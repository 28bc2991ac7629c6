"""Sections of the dossier, one file each: a function from `Context` to a `Section`, or None where there is nothing."""
