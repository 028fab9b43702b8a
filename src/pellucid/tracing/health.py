"""health: the problems of a network in training, their meaning and their remedies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from pellucid.display import table
from pellucid.tracing import symptoms
from pellucid.tracing.finding import FEWEST_EXAMPLES, SEVERITIES, Finding
from pellucid.tracing.record import Trace
from pellucid.tracing.steps import plain
from pellucid.tracing.text import headline, settings

Symptom = Callable[[Trace], Iterator[Finding]]

# Symptoms that compare examples with one another.
_OF_MANY_EXAMPLES: tuple[Symptom, ...] = (
    symptoms.constant_inputs,
    symptoms.dead_relu,
    symptoms.cost_above_chance,
)
_OF_ANY: tuple[Symptom, ...] = (
    symptoms.unscaled_inputs,
    symptoms.symmetric_weights,
    symptoms.saturated,
    symptoms.gradient_flow,
    symptoms.updates,
)


@dataclass(frozen=True, eq=False)
class HealthReport:
    """The problems that a trace shows.

    Attributes:
        trace: the step that was examined.
        findings: the problems, the worst first.
        remarks: which symptoms could not be examined, and why.
    """

    trace: Trace
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether no finding is worse than a note."""
        return all(finding.severity == "note" for finding in self.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, each once, in their order."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """The report in values that JSON can hold."""
        return {
            "healthy": self.healthy,
            "examples": self.trace.m,
            "findings": [
                finding._asdict() | {"measured": plain(finding.measured)} for finding in self.findings
            ],
            "remarks": list(self.remarks),
        }

    def __repr__(self) -> str:
        return f"HealthReport({', '.join(self.codes) or 'healthy'})"

    def __str__(self) -> str:
        lines = [headline(self.trace), settings(self.trace), ""]
        for finding in self.findings:
            lines += [
                f"{finding.severity}: {finding.what} [{finding.code}]",
                f"  it means   {finding.means}",
                f"  try        {finding.remedy}",
            ]
        if not self.findings:
            lines.append("healthy: nothing found")
        return "\n".join([*lines, *self.remarks])

    def _repr_html_(self) -> str:
        remarks = [*self.remarks] if self.findings else ["healthy: nothing found", *self.remarks]
        notes = "".join(f"<p>{escape(remark)}</p>" for remark in remarks)
        if not self.findings:
            return f"<div>{notes}</div>"
        head = ("severity", "finding", "observation", "meaning", "remedy")
        rows = [(each.severity, each.code, each.what, each.means, each.remedy) for each in self.findings]
        return f"<div>{table(head, rows, '<' * len(head))}{notes}</div>"


def health(trace: Trace) -> HealthReport:
    """Look for dead, saturated and identical units, bad inputs, and gradients and steps of a wrong size.

    The thresholds are in `pellucid.tracing.finding` and `pellucid.signs`; `docs/trace.md` explains them.

    Args:
        trace: of a network on its training data, or a large part of them, with the learning rate and the
            optimizer of its training.

    Returns:
        A `HealthReport`.
    """
    with np.errstate(all="ignore"):
        broken = tuple(symptoms.not_finite(trace))
        if broken:
            # The other numbers follow from these, and mean nothing.
            return HealthReport(trace, broken, ("nothing else was examined: numbers are not finite",))
        examined = _OF_ANY
        remarks: tuple[str, ...] = ()
        if trace.m >= FEWEST_EXAMPLES:
            examined += _OF_MANY_EXAMPLES
        else:
            remarks = (
                "constant inputs, dead units and a cost above chance were not examined: "
                f"{trace.m} examples are fewer than {FEWEST_EXAMPLES}",
            )
        findings = [finding for symptom in examined for finding in symptom(trace)]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return HealthReport(trace, tuple(findings), remarks)
