"""An app's page, made from its executed notebook: one answer, alive at first paint.

``document`` writes it: title bar, outputs (``cells``, made inert by ``sanitize``), the widgets' states (``widgets``)
and the inline script that makes native controls of them (built from ``apppage/``, found by ``built``).
"""
