"""Pure decisions: what is to be done about a mention, a clock, a reply."""
