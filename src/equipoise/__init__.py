"""A randomized trial as code."""
