"""The app server: standalone Voilà, hardened, on an origin of its own (rules 3 and 4: pages and viewers are hostile).

A viewer comes from the portal with a ticket, gets a session (``sessions``), and may open exactly the app versions that
tickets granted (``gate``), as long as the portal says so (``renewal``) and the versions are what was examined
(``receipts``). Each open page has one confined kernel of its own (``kernels``), reached through a websocket for widget
traffic and nothing else (``channels``). ``server`` puts Voilà together in code alone, ``hardening`` refuses to
start when any of it is not in force, and ``headers`` keeps a page's scripts at home.
"""
