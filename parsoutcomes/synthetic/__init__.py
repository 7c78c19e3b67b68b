"""Cohorts of which the truth is known, for teaching, tests and proof by simulation."""
