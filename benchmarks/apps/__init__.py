"""How fast an app opens, and what each viewer costs, beside other frameworks: ``make bench-apps``."""
