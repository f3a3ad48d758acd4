"""Text and author to tags: the encoder, language, influence and the pipeline."""
