"""How fast Pellucid is beside the alternatives, and beside itself: `python -m benchmarks --help`.

`works` says what is done, `contenders` by whom, `child` and `worker` time one of them in a fresh process,
`suite` gathers one document, `report` and `pages` show it. `ours` is the only module that adapts to the
version of Pellucid it times; `peers` holds all code of other libraries.

`python -m benchmarks.many_tables` compares what comes out, not only when: defaults on many real tables.
"""
