"""What others reach over HTTP: what is delivered to us, and forms of one's own."""
