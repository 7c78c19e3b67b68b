"""The annual report: finished results, then content, then files."""
