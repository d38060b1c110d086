"""The vocabulary's words as people read them: states, roles, column classes, levels, steps.

Values are catalogue keys (English); ``sandbox/i18n/zh-CN/portal.po`` has the same words in 中文, as in the project's
table of words. A word that is missing here is shown as it is.
"""

from __future__ import annotations

from sandbox.core.messages import Translate

WORDS: dict[str, dict[str, str]] = {
    "state": {
        "draft": "Draft",
        "returned": "Returned",
        "submitted": "Submitted",
        "published": "Published",
        "promoted": "Promoted",
        "retired": "Retired",
    },
    "role": {"staff": "Staff", "reviewer": "Reviewer", "lead": "Lab lead", "steward": "Data steward"},
    "language": {"en": "English", "zh-CN": "中文"},
    "level": {"pass": "Passed", "review": "For review", "fail": "Failed"},
    "examination": {"queued": "Waiting", "running": "Running", "done": "Done", "broken": "Could not be examined"},
    "decision": {"approved": "Approved", "returned": "Returned", "withdrawn": "Taken back"},
    "status": {"candidate": "Candidate", "live": "Live", "superseded": "Earlier", "retired": "Retired"},
    "class": {
        "identifier": "Identifier",
        "direct": "Direct identifier",
        "quasi": "Quasi-identifier",
        "sensitive": "Sensitive",
        "measure": "Measure",
    },
    "rule": {
        "keep": "kept as it is",
        "drop": "left out",
        "pseudonym": "pseudonym",
        "band": "in bands",
        "round": "rounded",
        "truncate_date": "date made coarser",
        "prefix": "first characters only",
    },
    "parameter": {
        "entity": "of",
        "width": "width",
        "start": "from",
        "top": "top",
        "bottom": "bottom",
        "to": "to the nearest",
        "length": "length",
    },
    "assumption": {
        "cost": "Acting on one warning costs",
        "value": "One prevented case is worth",
        "success": "Share of warned cases that acting prevents",
        "threshold": "Warned from a risk of",
    },
    "choice": {
        "dataset": "Dataset",
        "facts": "Facts to learn from",
        "yes": "Which value means yes",
        "threshold": "Warned from a risk of",
        "worth.cost": "Acting on one warning costs",
        "worth.value": "One prevented case is worth",
        "worth.success": "Share of warned cases that acting prevents",
    },
    "type": {
        "VARCHAR": "text",
        "BOOLEAN": "yes or no",
        "BIGINT": "whole number",
        "INTEGER": "whole number",
        "DOUBLE": "number",
        "FLOAT": "number",
        "DATE": "date",
        "TIMESTAMP": "date and time",
    },
    "period": {"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day"},
    "classification": {
        "public": "Public",
        "internal": "Internal",
        "confidential": "Confidential",
        "restricted": "Restricted",
    },
    "check": {
        "notebook_format": "Form of the notebook",
        "forbidden_files": "Files",
        "paths": "Paths",
        "kpi": "KPI",
        "errors": "Errors while running",
        "personal_data": "Personal data",
        "data_access": "Data used",
        "small_cells": "Small cells",
        "baseline": "Better than the baseline",
        "explanation": "Explanation",
        "model_file": "Model file",
        "outputs_size": "Size of outputs",
        "app_part": "App part",
        "candidate": "Candidate app",
        "examination": "Examination",
    },
    "action": {
        "submit": "Submit",
        "withdraw": "Take back",
        "return": "Return",
        "approve": "Approve",
        "promote": "Promote",
        "rollback": "Roll back",
        "retire": "Retire",
    },
    "event": {
        "project.started": "Project started",
        "project.pins-renewed": "Newest snapshots pinned",
        "project.submitted": "Submitted for review",
        "project.withdrawn": "Submission taken back",
        "submission.examined": "Examination finished",
        "submission.approved": "Approved and published",
        "submission.returned": "Returned with reasons",
        "project.promoted": "Promoted to production",
        "project.retired": "Retired",
        "app.published": "A version went live",
        "app.rolled-back": "Rolled back to an earlier version",
        "app.opened": "App opened",
        "person.added": "Account made",
        "person.changed": "Account made or changed",
        "person.language-chosen": "Language chosen",
        "person.link-made": "Sign-in link made",
        "person.token-made": "API token made",
        "person.token-ended": "API token ended",
        "person.signed-in": "Signed in",
        "person.signed-out": "Signed out",
        "dataset.added": "Dataset added",
        "dataset.built": "Snapshot built",
        "dataset.gate-failed": "Snapshot refused by a gate",
    },
    "actor": {"examiner": "Examination", "operator": "Operator", "system": "Sandbox"},
    "section": {
        "apps": "Apps",
        "templates": "Templates",
        "projects": "My projects",
        "datasets": "Datasets",
        "reviews": "Review",
        "portfolio": "Portfolio",
        "audit": "Audit",
        "health": "Health",
    },
    "cell": {"markdown": "Text", "code": "Code", "raw": "Raw"},
    "change": {
        "added": "New cell",
        "removed": "Cell removed",
        "changed": "Cell changed",
        "moved": "Cell moved",
    },
}


def word(kind: str, key: str, translate: Translate) -> str:
    """The word for ``key`` (an enum's value) of ``kind``; the key itself when there is none."""
    found = WORDS.get(kind, {}).get(str(key))
    return translate(found) if found else str(key)
