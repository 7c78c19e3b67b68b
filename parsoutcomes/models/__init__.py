"""From a cohort to finished results: the only part that speaks to the modelling libraries."""
