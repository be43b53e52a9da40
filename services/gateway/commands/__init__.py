"""Owns verbs of the command line, one module a topic; `add` of each is given the way to declare one."""
