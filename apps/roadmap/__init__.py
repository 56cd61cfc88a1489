"""Documents, milestones, tasks, criteria, gates."""
