"""From files to checked, ADaM-shaped tables."""
