"""What others reach over HTTP: today only what is delivered to us."""
