"""From plan and data to statistics."""
