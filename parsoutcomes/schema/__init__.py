"""What the tables of a cohort are: columns, units, allowed values and rules."""
