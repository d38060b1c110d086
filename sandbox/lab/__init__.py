"""What a notebook imports: ``from sandbox import lab``.

Light to import: each name is loaded from its module when it is first used. By the notebook's order:

- start, wording: which template this is, and how it calls its cases; t: a text in the reader's language
- data, datasets: the pinned snapshots; form with unit, outcome, time, facts, worth: what to choose
- amount, quantity, text, group, item, product, place, treatment: more roles of columns
- setting, option, value_of, number_each: what else to set in the form
- step: a function whose result is shown and follows the form
- show_quality, evaluate, show_result, explain, show_reasons, show_worth, table: look, judge, explain, calculate
- download: a button that gives a file to keep
- amounts, evaluate_amounts, show_amounts, show_estimates, share_to_check, show_amount_reasons, profile, age, show_age,
  show_amount_worth, record_amounts: the same for an amount that is estimated, and whether the model has aged
- sales, show_sales, roll, judge, sent_share, show_forecasts, safety, show_orders, fit_all, explain_forecast,
  show_forecast_reasons, show_order_worth, record_forecast: what will be sold, and what to order
- trial, read_trial, show_trial, show_lot, show_plan, show_reading, show_segments, show_trial_worth, record_trial: did a
  change work
- claims_of, rules_for, usual, decide, try_rules, show_claims, show_decided, show_tried, show_groups_sent,
  show_claims_worth, record_claims: who decides which claim: a rule, the machine or a person
- target, look_at, show_quality_of, show_columns, show_relations: a look at any table before a question is asked
- ask, show_question, better_of, check_answer, show_answer_check, explain_answer, show_answer_reasons,
  show_answer_worth, record_answer: a first question to it, a yes or no or a number
- hand_over, show_handover, show_override: which cases go to a person; the app part in which one is overruled
- cases_with, judge_groups, show_fairness, points_of, show_scorecard: groups of people treated alike; points to add up
- baskets, learn_offers, check_offers, show_baskets, show_hits, show_pairs, show_hits_by_group, show_offers_worth,
  record_offers: what to show a customer next
- control_charts, show_control: which process drifts
- buyers, show_buyers, try_numbers, show_numbers, best_number, form_groups, check_groups, show_profiles, show_foretold,
  who_is_where, show_who, unsure_share, show_groups_worth, record_groups: groups of customers that hold
- read_tickets, show_tickets, evaluate_triage, show_triage, telling_words, show_words, show_groups_served,
  show_triage_worth, record_triage: where tickets belong and how urgent they are
- save_model, record: what publication freezes
- exercise: a place for an exercise of a learning path
- open_app, show_purpose, show_case, show_groups, show_worth_slider, load_model: the app part
- show_points, show_fairness_slider, show_control_app: scorecard, fairness and control charts in the app part
- open_amounts, show_amount_purpose, show_amount, show_amount_age, show_amount_worth_slider: that of an estimate
- open_orders, show_order_purpose, show_order, show_order_worth_slider: that of a forecast
- open_claims, show_claims_purpose, show_claim, show_claims_groups, show_claims_worth_slider: that of a check of claims
- open_look, show_look_purpose, show_look, show_one_answer, show_answer_worth_slider: that of a first question
- open_offers, show_offers_purpose, show_offer, show_offer_pairs, show_offers_worth_slider: that of offers
- open_tickets, show_tickets_purpose, show_ticket, show_ticket_queues, show_tickets_worth_slider: that of tickets
- open_groups, show_groups_purpose, show_group_profiles, show_customer, show_groups_worth_slider: that of groups
- open_trial, show_trial_result, show_trial_segments, show_planner, show_trial_worth_slider: that of a test

To add a name: write it in the module whose noun it belongs to, and add the row here; ``docs/lab.md`` lists them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "start": "project.start",
    "wording": "project.name_things",
    "t": "words.t",
    "data": "pins.data",
    "datasets": "pins.datasets",
    "form": "forms.form",
    "unit": "needs.unit",
    "outcome": "needs.outcome",
    "target": "needs.target",
    "time": "needs.time",
    "facts": "needs.facts",
    "amount": "needs.amount",
    "quantity": "needs.quantity",
    "text": "needs.text",
    "group": "needs.group",
    "item": "needs.item",
    "product": "needs.product",
    "place": "needs.place",
    "treatment": "needs.treatment",
    "setting": "settings.setting",
    "option": "settings.option",
    "value_of": "settings.value_of",
    "number_each": "settings.number_each",
    "worth": "assumptions.worth",
    "step": "steps.step",
    "show_quality": "views.show_quality",
    "evaluate": "evaluation.evaluate",
    "show_result": "views.show_result",
    "explain": "explanation.explain",
    "show_reasons": "views.show_reasons",
    "show_worth": "views.show_worth",
    "table": "tables.table",
    "download": "downloads.download",
    "save_model": "saving.save_model",
    "load_model": "saving.load_model",
    "record": "saving.record",
    "amounts": "regression.amounts",
    "evaluate_amounts": "regression.evaluate_amounts",
    "show_amounts": "amount_views.show_amounts",
    "show_estimates": "amount_views.show_estimates",
    "share_to_check": "amount_views.share_to_check",
    "show_amount_reasons": "amount_views.show_amount_reasons",
    "profile": "drift.profile",
    "age": "drift.age",
    "show_age": "amount_views.show_age",
    "show_amount_worth": "amount_views.show_amount_worth",
    "record_amounts": "amount_views.record_amounts",
    "open_amounts": "amount_app.open_amounts",
    "show_amount_purpose": "amount_app.show_amount_purpose",
    "show_amount": "amount_app.show_amount",
    "show_amount_age": "amount_app.show_amount_age",
    "show_amount_worth_slider": "amount_app.show_amount_worth_slider",
    "sales": "forecast.sales",
    "show_sales": "forecast_views.show_sales",
    "roll": "forecast.roll",
    "judge": "forecast.judge",
    "sent_share": "forecast_views.sent_share",
    "show_forecasts": "forecast_views.show_forecasts",
    "safety": "forecast.safety",
    "show_orders": "forecast_views.show_orders",
    "fit_all": "forecast_views.fit_all",
    "explain_forecast": "forecast_views.explain_forecast",
    "show_forecast_reasons": "forecast_views.show_forecast_reasons",
    "show_order_worth": "forecast_views.show_order_worth",
    "record_forecast": "forecast_views.record_forecast",
    "open_orders": "forecast_app.open_orders",
    "show_order_purpose": "forecast_app.show_order_purpose",
    "show_order": "forecast_app.show_order",
    "show_order_worth_slider": "forecast_app.show_order_worth_slider",
    "trial": "experiment.trial",
    "read_trial": "experiment.read",
    "show_trial": "trial_views.show_trial",
    "show_lot": "trial_views.show_lot",
    "show_plan": "trial_views.show_plan",
    "show_reading": "trial_views.show_reading",
    "show_segments": "trial_views.show_segments",
    "show_trial_worth": "trial_views.show_trial_worth",
    "record_trial": "trial_views.record_trial",
    "open_trial": "trial_app.open_trial",
    "show_trial_result": "trial_app.show_trial_result",
    "show_trial_segments": "trial_app.show_trial_segments",
    "show_planner": "trial_app.show_planner",
    "show_trial_worth_slider": "trial_app.show_trial_worth_slider",
    "claims_of": "claims.claims_of",
    "rules_for": "claims.Rules",
    "usual": "claims.usual",
    "decide": "claims.decide",
    "try_rules": "claim_seeds.try_rules",
    "show_claims": "claim_views.show_claims",
    "show_decided": "claim_views.show_decided",
    "show_tried": "claim_views.show_tried",
    "show_groups_sent": "claim_views.show_groups_sent",
    "show_claims_worth": "claim_views.show_claims_worth",
    "record_claims": "claim_views.record_claims",
    "open_claims": "claim_app.open_claims",
    "show_claims_purpose": "claim_app.show_claims_purpose",
    "show_claim": "claim_app.show_claim",
    "show_claims_groups": "claim_app.show_claims_groups",
    "show_claims_worth_slider": "claim_app.show_claims_worth_slider",
    "control_charts": "control.control_charts",
    "show_control": "control_views.show_control",
    "show_control_app": "control_views.show_control_app",
    "look_at": "overview.look_at",
    "show_quality_of": "overview_views.show_quality_of",
    "show_columns": "overview_views.show_columns",
    "show_relations": "overview_views.show_relations",
    "ask": "question.ask",
    "show_question": "question_views.show_question",
    "better_of": "question.better_of",
    "check_answer": "question.check_answer",
    "show_answer_check": "question_views.show_answer_check",
    "explain_answer": "question.explain_answer",
    "show_answer_reasons": "question_views.show_answer_reasons",
    "show_answer_worth": "question_views.show_answer_worth",
    "record_answer": "question_views.record_answer",
    "open_look": "question_app.open_look",
    "show_look_purpose": "question_app.show_look_purpose",
    "show_look": "question_app.show_look",
    "show_one_answer": "question_app.show_one_answer",
    "show_answer_worth_slider": "question_app.show_answer_worth_slider",
    "hand_over": "handover.hand_over",
    "show_handover": "handover_views.show_handover",
    "show_override": "handover_views.show_override",
    "cases_with": "beside.cases_with",
    "judge_groups": "fairness.judge_groups",
    "show_fairness": "fairness_views.show_fairness",
    "show_fairness_slider": "fairness_views.show_fairness_slider",
    "points_of": "scorecard.points_of",
    "show_scorecard": "scorecard.show_scorecard",
    "show_points": "scorecard.show_points",
    "baskets": "offers.baskets",
    "learn_offers": "offers.learn",
    "check_offers": "offers.check_offers",
    "show_baskets": "offer_views.show_baskets",
    "show_hits": "offer_views.show_hits",
    "show_pairs": "offer_views.show_pairs",
    "show_hits_by_group": "offer_views.show_hits_by_group",
    "show_offers_worth": "offer_views.show_offers_worth",
    "record_offers": "offer_views.record_offers",
    "open_offers": "offer_app.open_offers",
    "show_offers_purpose": "offer_app.show_offers_purpose",
    "show_offer": "offer_app.show_offer",
    "show_offer_pairs": "offer_app.show_offer_pairs",
    "show_offers_worth_slider": "offer_app.show_offers_worth_slider",
    "exercise": "exercises.exercise",
    "read_tickets": "tickets.read_tickets",
    "show_tickets": "ticket_views.show_tickets",
    "evaluate_triage": "triage.evaluate_triage",
    "show_triage": "ticket_views.show_triage",
    "telling_words": "triage.telling_words",
    "show_words": "ticket_views.show_words",
    "show_groups_served": "ticket_views.show_groups_served",
    "show_triage_worth": "ticket_views.show_triage_worth",
    "record_triage": "ticket_views.record_triage",
    "open_tickets": "ticket_app.open_tickets",
    "show_tickets_purpose": "ticket_app.show_tickets_purpose",
    "show_ticket": "ticket_app.show_ticket",
    "show_ticket_queues": "ticket_app.show_ticket_queues",
    "show_tickets_worth_slider": "ticket_app.show_tickets_worth_slider",
    "buyers": "segments.buyers",
    "show_buyers": "segment_views.show_buyers",
    "try_numbers": "segments.try_numbers",
    "show_numbers": "segment_views.show_numbers",
    "best_number": "segments.best_number",
    "form_groups": "segments.form_groups",
    "check_groups": "segments.check_groups",
    "show_profiles": "segment_views.show_profiles",
    "show_foretold": "segment_views.show_foretold",
    "unsure_share": "segments.unsure_share",
    "who_is_where": "segments.who_is_where",
    "show_who": "segment_views.show_who",
    "show_groups_worth": "segment_views.show_groups_worth",
    "record_groups": "segment_views.record_groups",
    "open_groups": "segment_app.open_groups",
    "show_groups_purpose": "segment_app.show_groups_purpose",
    "show_group_profiles": "segment_app.show_group_profiles",
    "show_customer": "segment_app.show_customer",
    "show_groups_worth_slider": "segment_app.show_groups_worth_slider",
    "open_app": "app.open_app",
    "show_purpose": "app.show_purpose",
    "show_case": "app_parts.show_case",
    "show_groups": "app_parts.show_groups",
    "show_worth_slider": "app_parts.show_worth_slider",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"lab has no “{name}”; it has: {', '.join(__all__)}")
    module, attribute = home.split(".")
    return getattr(import_module(f"sandbox.lab.{module}"), attribute)


def __dir__() -> list[str]:
    return __all__
