"""Notebooks: from a template to a person's notebook, from that to a run and to an app.

``templates`` reads what ships, ``translate`` changes a notebook's language, ``reading`` takes in a hostile notebook as
data, ``execute`` runs one in a confined kernel, ``app_cells`` keeps what a viewer uses. What a notebook may import
while it runs is ``sandbox.lab``; nothing here imports it.
"""
