"""The portal's pages, one topic per file. To add a page: a function and its route here, a file in ``html/``,

its texts in ``sandbox/i18n/zh-CN/portal.po``; ``tests/portal/test_pages.py`` opens every page in both languages.
"""

from __future__ import annotations

from fastapi import APIRouter

from sandbox.portal.pages import (
    apps,
    audit,
    datasets,
    health,
    home,
    learn,
    portfolio,
    projects,
    reviews,
    sharing,
    signin,
    templates,
)

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    signin.router,
    apps.router,
    templates.router,
    projects.router,
    reviews.router,
    sharing.router,
    datasets.router,
    learn.router,
    portfolio.router,
    audit.router,
    health.router,
)
