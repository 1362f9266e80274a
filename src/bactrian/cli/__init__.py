"""The command line, one command a file.

Only ``click`` is imported before a command runs, so that help need not wait for NumPy: what else a command
needs is imported in its functions.
"""
