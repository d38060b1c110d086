"""What a template's form lets people set is named in the portal as the form names it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from sandbox.core.messages import LANGUAGES, Language
from sandbox.notebooks.templates import load_templates
from sandbox.portal.titles import choice_title, choice_titles
from tests.portal.town import Town

#: Of the template for tickets, and of the one for claims, where every kind of claim has a limit of its own.
CHOSEN = {"columns": {"queue": "team"}, "settings": {"certain": 80, "hour": 90}}
LIMITS = {"settings": {"limit/taxi": 120, "limit/hotel (large)": 800}}
TITLES = {
    "en": (
        "Queue",
        "Sort without a person from this certainty on",
        "An hour costs",
        "Limit: taxi",
        "Limit: hotel (large)",
    ),
    "zh-CN": ("队列", "把握达到多少就自动分派", "一小时成本", "限额: taxi", "限额: hotel (large)"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_changed_names_choices_as_the_form_does(town: Town, language: Language) -> None:
    text = ""
    for template, chosen in (("ticket-triage", CHOSEN), ("expense-check", LIMITS)):
        with town.services.registry.transaction("system") as tx:
            tx.put_project(replace(tx.project("keep-the-north"), template=template))
        folder = town.services.workspace.submission("keep-the-north", 1) / "files"
        (folder / "choices.json").write_text(json.dumps(chosen))
        text += town.as_("zhao-min", language).get("/projects/keep-the-north/submissions/1").text
    for title in TITLES[language]:
        assert title in text
    assert "settings." not in text and "columns." not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_of_every_template_has_its_title(quiet_town: Town, language: Language) -> None:
    services = quiet_town.services
    for template in load_templates(services.content, services.workspace.templates):
        source = "\n".join(cell.source for cell in template.notebook.cells if cell.cell_type == "code")
        declared = re.findall(r"lab\.(?:setting|option|value_of|number_each)\(\s*\"(\w+)\"", source)
        titles = choice_titles(services, language, template.name)
        for key in declared:
            title = choice_title(titles, f"settings.{key}")
            assert title not in (f"settings.{key}", ""), (template.name, key)
            assert (language == "en") == title.isascii(), (template.name, title)
