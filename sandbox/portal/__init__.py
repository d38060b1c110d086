"""The portal: catalogue, gallery, review, portfolio and REST API; the only writer of the registry.

``app`` puts it together. A request passes, from the outside in: ``observe`` (request id, log, metrics), ``perimeter``
(host, origin, size, headers), ``visitor`` (who is it, which language), then a page of ``pages/`` or a resource of
``api/``, which parses, calls a workflow and renders. What a page shows is read in ``views``; who may see it is in
``access``; ``failures`` turns every error into a page or problem details.
"""
