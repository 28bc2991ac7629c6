"""Claims against rows: which rows a claim is about, whether its numbers fit them, and how that is told."""
