"""The log's mathematics: seals over its entries, and the proof that none changed."""
