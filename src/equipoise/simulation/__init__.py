"""A declared trial run many times: scenarios, operating characteristics, execution on one machine or on many."""
