"""Tables and texts on a terminal, for all inspections: `tables`, `texts`."""
