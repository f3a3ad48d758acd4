"""Unattended processes: they say when and where to look, the database says what."""
