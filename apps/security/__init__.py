"""The security baseline and its audits."""
