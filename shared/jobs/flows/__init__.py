"""Flows: jobs that are accepted as a whole and wait for each other."""
