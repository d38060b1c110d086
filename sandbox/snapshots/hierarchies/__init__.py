"""Value generalisation hierarchies: how a value becomes coarser, level by level.

``base`` says what a hierarchy is; ``table`` holds one that lists every value, ``table_file`` reads it from a CSV file;
``derived`` holds those that follow from a rule; ``regions`` is a tree of places; ``of_rule`` makes the one that a
spec's rule ``generalise`` asks for.
"""
