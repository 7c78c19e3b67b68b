"""Frozen records of finished calculations."""
