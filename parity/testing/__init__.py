"""The checks as tests of pytest: `parametrize_with_checks`, and the plugin's items."""
