"""Compiled loops over many trials. numba is imported here and nowhere else, and only when a simulation begins."""
