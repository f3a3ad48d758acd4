"""The nouns, as frozen values, and the ports that the outside fulfils."""
