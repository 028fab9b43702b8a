"""Files that are believed only after they were checked, and written whole or not at all."""
