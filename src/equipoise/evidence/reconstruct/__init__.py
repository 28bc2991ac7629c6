"""Synthetic patients from what was published: `curve` from a digitized Kaplan-Meier curve, `cohort` from a facts.yaml.

`folder` writes them, marked in every row of every table.
"""
