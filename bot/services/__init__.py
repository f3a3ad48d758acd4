"""Use cases: one verb each, one transaction each, one audit entry at least."""
