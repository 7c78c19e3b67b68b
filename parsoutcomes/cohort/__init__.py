"""The cohort: validated tables, the account of their intake, and what is derived from them."""
