"""Teams, services and environments: what readiness is about."""
