"""Monitoring: what an interim look says, and when the next one will come."""
