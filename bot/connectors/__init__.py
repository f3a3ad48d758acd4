"""One platform, one file: translation only, both ways."""
