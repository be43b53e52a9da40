"""Owns the answer to why a job does not run now. It must never scan: what it reads does not grow with the queue."""
