"""How programs that wrap restic call it, and what they read of what it prints.

One file a wrapper. Its `session(restic)` does what the wrapper does in the life of a repository and
yields pairs: what was asked, and what the wrapper read of the answer. It knows no expected values:
wrappers_test.py runs each session with restic and with snapfs and compares what was read.
"""
