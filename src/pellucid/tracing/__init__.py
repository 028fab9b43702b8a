"""Inspection of a network: a trace of a training step, a health report, and a gradient check."""

from pellucid.core.formula import Formula
from pellucid.tracing.finding import Finding
from pellucid.tracing.gradient_report import GradientReport
from pellucid.tracing.gradients import gradient_check_network
from pellucid.tracing.health import HealthReport, health
from pellucid.tracing.record import Trace
from pellucid.tracing.recording import trace
from pellucid.tracing.steps import Source, Statistics, Step

__all__ = [
    "Finding",
    "Formula",
    "GradientReport",
    "HealthReport",
    "Source",
    "Statistics",
    "Step",
    "Trace",
    "gradient_check_network",
    "health",
    "trace",
]
