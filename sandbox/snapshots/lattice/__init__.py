"""Optimal full-domain generalisation: one level for every quasi-identifier, so that the gates hold and little is lost.

``domain`` is a hierarchy as integers; ``rollup`` counts the classes of a node (``counted``), of small tables by
``numbering``; ``metrics`` says what a node loses; ``search`` finds the best node without looking at all: ``bounds`` has
what nodes lose at least, ``aim`` and ``forecast`` choose what to count next, ``grid`` has arrays over all nodes;
``suggest`` does it for a dataset's spec.
"""
