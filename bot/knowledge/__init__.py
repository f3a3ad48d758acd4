"""What helps people to answer."""
