"""What has been published on union of pars fractures, and comparisons with it."""
