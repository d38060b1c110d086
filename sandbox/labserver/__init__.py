"""JupyterLab of one person, for their micro-projects.

People come from the portal with a ticket (``enter``) and get Jupyter's login cookie; there is no token in any address.
``server`` puts Jupyter together in code alone, in a private configuration folder, so that the person's own Jupyter is
neither read nor changed. Kernels are confined to their project and to what the portal grants (``kernels``); the file
browser cannot be led out of the person's folder (``contents``). ``handlers`` are the addresses that the toolbar's
buttons (``labextension/``) use; ``portal`` is the client of the REST API behind them.
"""
