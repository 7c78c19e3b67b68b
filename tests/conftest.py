"""What pytest leaves alone: scripts that wrote reference files with tools the tests do not need."""

collect_ignore_glob = ["reference/workbooks/make_workbooks.py"]
