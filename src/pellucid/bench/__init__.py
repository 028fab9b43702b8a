"""Measuring ourselves beside the alternatives: the same work, fresh processes, in turn, equal threads.

`works` says what is done, `contenders` who does it, `worker` measures one of them in a process of its own,
`suite` starts the workers and gathers one document, `report` shows it. Everything that touches our own
training is in `ours`, everything that touches another library in `peers`.
"""

from pellucid.bench.contenders import CONTENDERS, Contender
from pellucid.bench.report import table
from pellucid.bench.suite import Settings, measure
from pellucid.bench.works import WORKS, Work

__all__ = ["CONTENDERS", "WORKS", "Contender", "Settings", "Work", "measure", "table"]
