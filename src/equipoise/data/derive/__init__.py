"""Endpoints derived from tumor assessments: pure decisions on one subject, and the frames they are made into."""
