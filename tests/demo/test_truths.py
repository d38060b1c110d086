"""What the generator says it planted can be found in the data by ordinary means, and not more than that."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sandbox.demo import CompanyFiles, truths
from sandbox.demo.campaign import make_campaign
from sandbox.demo.credit import make_credit
from sandbox.demo.customers import make_customers
from sandbox.demo.inspections import make_inspections
from sandbox.demo.orders import make_orders
from sandbox.demo.telemetry import make_telemetry


@pytest.fixture(scope="module")
def contracts(demo_files: CompanyFiles) -> pd.DataFrame:
    return pd.read_parquet(demo_files.contracts)


@pytest.fixture(scope="module")
def telemetry(demo_files: CompanyFiles) -> pd.DataFrame:
    return pd.read_parquet(demo_files.telemetry)


@pytest.fixture(scope="module")
def claims(demo_files: CompanyFiles) -> pd.DataFrame:
    return pd.read_excel(demo_files.claims).set_index("claim_id", drop=False)


@pytest.fixture(scope="module")
def orders(demo_files: CompanyFiles) -> pd.DataFrame:
    return pd.read_csv(demo_files.orders, parse_dates=["ordered_at"])


def fitted(contracts: pd.DataFrame) -> tuple[dict[str, float], float]:
    """Coefficients per standard deviation and the AUC on a held-out quarter."""
    table = pd.get_dummies(contracts.drop(columns=["contract_id", "customer_id", "churned", "total_fee"]), dtype=float)
    leaves = contracts.churned == "yes"
    train, test, y_train, y_test = train_test_split(table, leaves, test_size=0.25, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train, y_train)
    coefficients = dict(zip(table.columns, model[-1].coef_[0], strict=True))
    return coefficients, roc_auc_score(y_test, model.predict_proba(test)[:, 1])


def test_churn_is_as_frequent_and_as_predictable_as_documented(contracts: pd.DataFrame) -> None:
    assert 0.20 <= (contracts.churned == "yes").mean() <= 0.27
    assert 0.80 <= fitted(contracts)[1] <= 0.90


def test_churn_drivers_are_found_with_their_sign_and_the_rest_is_not(contracts: pd.DataFrame) -> None:
    coefficients, _ = fitted(contracts)
    assert coefficients["contract_type_month-to-month"] > 0 > coefficients["contract_type_two-year"]
    assert coefficients["internet_service_fibre"] > 0 > coefficients["internet_service_none"]
    for driver in truths.CHURN_DRIVERS:
        if not isinstance(driver.effect, dict):
            assert np.sign(coefficients[driver.column]) == np.sign(driver.effect), driver.column
    weakest_cause = min(abs(coefficients[c]) for c in ("tenure_months", "support_calls_90d", "late_payments_12m"))
    for column in truths.CHURN_NO_EFFECT:
        strongest = max(abs(v) for k, v in coefficients.items() if k == column or k.startswith(column + "_"))
        assert strongest < weakest_cause / 2, column


def test_usage_falls_before_leaving(demo_files: CompanyFiles, contracts: pd.DataFrame) -> None:
    usage = pd.read_parquet(demo_files.usage)
    left = contracts.groupby("customer_id").churned.agg(lambda s: (s == "yes").any())
    volume = usage.groupby([usage.customer_id.map(left), "month"]).data_gb.sum()
    change = {who: volume[who].iloc[-1] / volume[who].iloc[0] - 1 for who in (True, False)}
    assert change[True] == pytest.approx((1 - truths.USAGE_DECLINE_BEFORE_CHURN) ** 3 - 1, abs=0.05)
    assert change[False] == pytest.approx(0, abs=0.05)


def foresight(telemetry: pd.DataFrame, held_out: np.ndarray) -> float:
    """The AUC of a boosted model on the held-out readings."""
    features = telemetry.assign(type=telemetry.type.map({"L": 0, "M": 1, "H": 2}))
    features = features.drop(columns=["machine_id", "recorded_at", "plant", "line", "failure_24h"])
    model = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.05, random_state=0)
    model.fit(features[~held_out], telemetry.failure_24h[~held_out])
    return float(roc_auc_score(telemetry.failure_24h[held_out], model.predict_proba(features[held_out])[:, 1]))


def test_machine_failures_are_rare_and_can_be_foreseen(telemetry: pd.DataFrame) -> None:
    assert 0.025 <= telemetry.failure_24h.mean() <= 0.045
    held_out = np.random.default_rng(0).random(len(telemetry)) < 0.25
    assert 0.90 <= foresight(telemetry, held_out) < 0.995


def test_failures_can_be_foreseen_on_machines_never_seen_before() -> None:
    full = make_telemetry(np.random.default_rng(1), 60).table.to_pandas()
    unseen = (full.machine_id.str[2:].astype(int) % 4 == 0).to_numpy()
    assert 0.88 <= foresight(full, unseen) < 0.995


def test_every_labelled_reading_precedes_a_listed_failure(demo_files: CompanyFiles, telemetry: pd.DataFrame) -> None:
    for machine, rows in telemetry.groupby("machine_id"):
        at = pd.to_datetime([time for time, _ in demo_files.truths.failures[machine]])
        for row in rows.itertuples():
            soon = ((at >= row.recorded_at) & (at < row.recorded_at + pd.Timedelta("24h"))).any()
            assert soon == bool(row.failure_24h)


def test_weak_machines_fail_of_their_weakness(demo_files: CompanyFiles) -> None:
    caused = {"coolant": "heat", "bearing": "bearing"}
    for machine, defect in demo_files.truths.weak_machines.items():
        modes = [mode for _, mode in demo_files.truths.failures[machine]]
        assert caused[defect] in modes, machine


def test_duplicate_claims_are_exactly_the_planted_ones(demo_files: CompanyFiles, claims: pd.DataFrame) -> None:
    same = ["employee_id", "merchant", "expense_date", "amount"]
    pairs = claims[claims.duplicated(same, keep=False)].sort_values([*same, "submitted_on"]).groupby(same).claim_id
    assert {tuple(ids) for _, ids in pairs} == set(demo_files.truths.duplicate_claims)


def test_over_limit_claims_are_exactly_the_planted_ones(demo_files: CompanyFiles, claims: pd.DataFrame) -> None:
    over = claims[claims.amount > claims.category.map(dict(truths.CLAIM_LIMITS))]
    assert set(over.claim_id) == set(demo_files.truths.over_limit_claims)


def test_split_claims_stay_just_below_the_limit(demo_files: CompanyFiles, claims: pd.DataFrame) -> None:
    for first, second in demo_files.truths.split_claims:
        one, two = claims.loc[first], claims.loc[second]
        assert (one.employee_id, one.merchant, one.expense_date) == (two.employee_id, two.merchant, two.expense_date)
        limit = truths.CLAIM_LIMITS[one.category]
        assert max(one.amount, two.amount) < limit < one.amount + two.amount


def test_words_give_the_category_of_a_ticket_away(demo_files: CompanyFiles) -> None:
    with closing(sqlite3.connect(demo_files.tickets)) as connection:
        tickets = pd.read_sql_query("SELECT subject || ' ' || body AS text, category FROM tickets", connection)
    for category, words in truths.TICKET_WORDS.items():
        own = tickets.text[tickets.category == category].str.lower().str.contains("|".join(words)).mean()
        others = tickets.text[tickets.category != category].str.lower().str.contains("|".join(words)).mean()
        assert own > 0.9 > 0.2 > others, category


def test_recent_tickets_are_the_counted_support_calls(demo_files: CompanyFiles, contracts: pd.DataFrame) -> None:
    with closing(sqlite3.connect(demo_files.tickets)) as connection:
        tickets = pd.read_sql_query("SELECT customer_id, opened_at FROM tickets", connection)
    recent = tickets[pd.to_datetime(tickets.opened_at) > pd.Timestamp(truths.AS_OF) - pd.Timedelta(days=90)]
    counted = contracts.groupby("customer_id").support_calls_90d.first()
    assert recent.customer_id.value_counts().reindex(counted.index, fill_value=0).eq(counted).all()


def test_orders_show_season_growth_and_the_gap(orders: pd.DataFrame) -> None:
    month = orders.ordered_at.dt.to_period("M")
    assert orders.ordered_at.is_monotonic_increasing and month.nunique() == 24
    per_month = orders.groupby(month).size()
    assert per_month["2025-11"] > 1.5 * per_month["2025-10"] > 1.5 * per_month["2026-02"]
    camera = (orders.category == truths.ORDER_GROWING["category"]).groupby(month).mean()
    assert camera["2026-09"] > 1.6 * camera["2024-10"]
    gap = truths.ORDER_STOCKOUT
    hit = (orders.warehouse == gap["warehouse"]) & (orders.category == gap["category"])
    counts = hit.groupby(month).sum()
    assert counts[gap["month"]] == 0 and counts.drop(gap["month"]).min() > 0


def test_some_articles_are_followed_by_a_certain_other_one(orders: pd.DataFrame) -> None:
    then = orders.groupby("customer_id").sku.shift(-1)
    for first, follower in truths.ORDER_FOLLOWS.items():
        known = (orders.sku == first) & then.notna()
        assert (then[known] == follower).mean() > truths.ORDER_FOLLOWS_SHARE - 0.03
        assert (then[(orders.sku != first) & then.notna()] == follower).mean() < 0.15


def test_shops_sell_more_in_promotions_and_less_where_the_rival_opened(demo_files: CompanyFiles) -> None:
    sales = pd.read_csv(demo_files.retail, parse_dates=["week"])
    assert len(sales) <= 20_000 and sales.week.dt.day_of_week.eq(0).all()
    level = sales.groupby(["sku", "shop"]).units.transform("mean")
    ratio = (sales.units / level).groupby(sales.promotion).mean()
    assert ratio["yes"] / ratio["no"] == pytest.approx(truths.RETAIL_PROMOTION["factor"], rel=0.1)
    late = sales[sales.week >= truths.RETAIL_BREAK["from"]]
    before = sales[sales.week.isin(late.week - pd.Timedelta(weeks=52))]
    change = late.groupby("region").units.sum() / before.groupby("region").units.sum()
    rival = truths.RETAIL_BREAK["region"]
    assert change[rival] == pytest.approx(truths.RETAIL_BREAK["factor"], rel=0.15)
    assert change.drop(rival).between(0.85, 1.15).all()


def test_deliveries_show_the_price_rise_and_more_express(demo_files: CompanyFiles) -> None:
    deliveries = pd.read_parquet(demo_files.deliveries)
    rise, express = truths.DELIVERY_PRICE_RISE, truths.DELIVERY_EXPRESS
    late = deliveries.delivered_on >= pd.Timestamp(express["from"])
    shares = (deliveries.express == "yes").groupby(late).mean()
    assert shares[False] == pytest.approx(express["before"], abs=0.03)
    assert shares[True] == pytest.approx(express["after"], abs=0.05)
    calm = deliveries[deliveries.express == "no"]
    per_km = np.log(calm.cost_cny / (calm.distance_km + 60))
    changed = per_km.groupby([calm.carrier, calm.delivered_on >= pd.Timestamp(rise["from"])]).mean().unstack()
    factor = np.exp(changed[True] - changed[False])
    assert factor.idxmax() == rise["carrier"] and factor.max() > 1.15


def test_the_offer_works_except_for_long_standing_customers(demo_files: CompanyFiles) -> None:
    tested = pd.read_csv(demo_files.campaign)
    assert tested.customer_id.is_unique
    full = make_campaign(np.random.default_rng(3), make_customers(np.random.default_rng(2), 15_000), 12_000).to_pandas()
    shares = (full.bought == "yes").groupby([full.customer_type, full.offer]).mean().unstack()
    for kind, planted in truths.CAMPAIGN_EFFECT.items():
        assert shares.loc[kind, "new offer"] - shares.loc[kind, "present offer"] == pytest.approx(
            planted["gain"], abs=0.03
        )
    assert (full.offer == "new offer").mean() == pytest.approx(0.5, abs=0.02)


def test_truths_json_says_what_the_code_says(demo_files: CompanyFiles) -> None:
    written = json.loads(demo_files.truths_json.read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(demo_files.truths.to_json()))
    assert [d["column"] for d in written["churn"]["drivers"]] == [d.column for d in truths.CHURN_DRIVERS]


def test_the_documentation_names_what_is_planted() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "demo-company.md").read_text(encoding="utf-8")
    for word in (*(d.column for d in truths.CHURN_DRIVERS), *truths.CHURN_NO_EFFECT, *truths.FAILURE_MODES):
        assert f"`{word}`" in page, word
    for category, limit in truths.CLAIM_LIMITS.items():
        assert f"{category} {limit:,}" in page, category
    numbers = (truths.WEAR_LIMIT_MIN, truths.HEAT_LIMIT_K, truths.HEAT_SPEED_RPM, truths.VIBRATION_LIMIT)
    for number in (*numbers, *truths.STRAIN_LIMIT.values(), *(watts / 1000 for watts in truths.POWER_RANGE_W)):
        assert f"{number:,g}" in page, number


def test_how_people_work_stands_in_for_gender_which_has_no_effect() -> None:
    people = make_customers(np.random.default_rng(2), 9_000)
    credit = make_credit(np.random.default_rng(4), people, 7_500).to_pandas()
    proxy = truths.CREDIT_PROXY
    has, member = credit[proxy["column"]] == proxy["value"], credit[proxy["group"]] == proxy["level"]
    assert has[member].mean() == pytest.approx(proxy["share"], abs=0.03)
    assert has[~member].mean() == pytest.approx(proxy["share_of_others"], abs=0.03)
    known = pd.get_dummies(credit.drop(columns=["customer_id", "applied_on", "not_repaid"]), dtype=float)
    failed = credit.not_repaid == "yes"
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(known, failed)
    weight = dict(zip(known.columns, model[-1].coef_[0], strict=True))
    assert abs(weight["gender_F"] - weight["gender_M"]) < 0.1
    for column, effect in truths.CREDIT_EFFECT.items():
        assert np.sign(weight["work_hourly" if column == "work" else column]) == np.sign(effect), column
    assert 0.14 < failed.mean() < 0.22


def test_one_process_drifts_and_defects_have_their_causes() -> None:
    parts = make_inspections(np.random.default_rng(4), 12_000).to_pandas()
    drift = truths.INSPECTION_DRIFT
    late = parts[parts.inspected_at >= pd.Timestamp("2026-09-20")].groupby("process").deviation_um.mean()
    assert late[drift["process"]] > 10 and late.drop(drift["process"]).abs().max() < 3
    early = parts[parts.inspected_at < pd.Timestamp(drift["from"])]
    assert early.groupby("process").deviation_um.mean().abs().max() < 1
    failed, causes = parts.defect == "yes", truths.DEFECT_CAUSES
    humid = (parts.process == causes["humidity"]["process"]) & (parts.humidity > causes["humidity"]["above"])
    for cause in (
        parts.supplier == causes["supplier"]["value"],
        humid,
        parts.tool_hours > causes["tool_hours"]["above"],
        parts.deviation_um.abs() > causes["deviation_um"]["above"],
    ):
        assert failed[cause].mean() > 1.7 * failed[~cause].mean()
    assert failed.groupby(parts["shift"]).mean().max() < 1.3 * failed.groupby(parts["shift"]).mean().min()


def test_words_give_the_urgency_of_a_ticket_away_and_some_tickets_tell_nothing(demo_files: CompanyFiles) -> None:
    with closing(sqlite3.connect(demo_files.tickets)) as connection:
        tickets = pd.read_sql_query(
            "SELECT subject || ' ' || body AS text, category, priority FROM tickets", connection
        )
    text, slips = tickets.text.str.lower(), truths.TICKET_SLIPS
    said = {level: text.str.contains("|".join(words)) for level, words in truths.TICKET_URGENCY.items()}
    assert not (said["high"] & said["low"]).any()
    for level, found in said.items():
        # A slip can hit upon the level that was right all the same.
        assert 1 - slips["priority"] - 0.03 < (tickets.priority[found] == level).mean() < 1, level
    neither = ~(said["high"] | said["low"])
    assert (tickets.priority[neither] == "normal").mean() > 1 - slips["priority"] - 0.03
    known = text.str.contains("|".join(word for words in truths.TICKET_WORDS.values() for word in words))
    assert 0 < (~known).mean() < slips["vague"] + 0.02


def test_four_kinds_of_buyers_order_as_planted() -> None:
    people = make_customers(np.random.default_rng(2), 4_000)
    orders = make_orders(np.random.default_rng(4), people, 40_000).to_pandas()
    month = orders.ordered_at.dt.to_period("M")
    number = (month - month.min()).map(lambda months: months.n)
    each = orders.assign(number=number).groupby("customer_id")
    first, last, spent = each.number.min(), each.number.max(), each.amount.mean()
    kinds = truths.ORDER_SEGMENTS
    new = first >= kinds["new"]["first"]
    assert new.mean() == pytest.approx(kinds["new"]["share"], abs=0.03)
    lapsed = last <= kinds["lapsed"]["last"]
    assert lapsed.mean() == pytest.approx(kinds["lapsed"]["share"], abs=0.04)
    project = ~new & ~lapsed & (spent > 300)
    assert project.mean() == pytest.approx(kinds["project"]["share"], abs=0.03)
