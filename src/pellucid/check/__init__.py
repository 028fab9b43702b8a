"""Checking a learner's functions: what a file defines, running it apart, and what is said of it.

`solution` reads a file without running it; `sandbox` runs it in a process of its own; `wire` carries values
there and back. What is right, and what the learner is told, never leaves this side.
"""
