"""The course's exercises, solved at the course's size: what `pellucid check --solution` prints.

Plain NumPy, without the checks, options and other array libraries of `pellucid.core`, which does the same.
The tests examine these files as a learner's, and compare their numbers with those of `pellucid.core`.
"""
