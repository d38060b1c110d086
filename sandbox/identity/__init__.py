"""Who somebody is: local accounts (people, sign-in links, sessions, API tokens) and tickets between the programs."""
