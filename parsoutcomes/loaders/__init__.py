"""From a clinic's own files to a cohort, with an account of every row and cell."""
