"""Check a learner's functions: read the file, run it in isolation, judge the results.

`solution` reads a file without running it; `sandbox` runs it in a process of its own; `wire` transfers
values. The expected results and the verdict stay in the process of the check.
"""
