"""What a scan has to say: findings, their places and steps. Pure data, no knowledge of rules."""

from pickguard.findings.model import (
    Area,
    Confidence,
    Finding,
    Fix,
    Place,
    Severity,
    Status,
    Step,
)

__all__ = ["Area", "Confidence", "Finding", "Fix", "Place", "Severity", "Status", "Step"]
