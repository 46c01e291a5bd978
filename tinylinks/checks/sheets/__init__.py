"""The tasks of the sheets, a module for each."""
