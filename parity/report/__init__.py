"""Results for people and programs: terminal, JSON, HTML page, picture."""
