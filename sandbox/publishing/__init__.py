"""From a hostile submission to an app on the shelf and a bundle for IT.

The order of phases is the order of trust: ``archive`` reads a submission as data; ``model`` reads a model as data;
``candidate`` freezes a finished run beside the shelf, verifies it against its ``receipt`` and renames it into place;
``thumbnail`` makes an inert picture; ``shelf`` opens and verifies versions; ``handoff`` packs one for IT.
"""
