"""Figures: each takes a finished result and returns matplotlib axes."""
