"""The icon world: a small closed world of drawn scenes, each with its caption, true masks and edits.

It proves the path and the method; it says nothing about photographs.
"""
