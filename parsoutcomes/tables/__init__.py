"""Results as tables that a reader sees: rounded, in words, in reading order."""
