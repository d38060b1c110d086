"""The reference app in marimo."""

import marimo

app = marimo.App()


@app.cell
def _():
    import os

    import duckdb
    import joblib
    import marimo as mo
    import matplotlib
    import numpy as np
    import pandas as pd

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from sklearn.ensemble import RandomForestClassifier

    DATA = os.environ["BENCH_DATA"]
    return DATA, duckdb, joblib, mo, np, plt


@app.cell
def _(mo):
    mo.md("# Churn demo")
    return


@app.cell
def _(DATA, duckdb, joblib):
    con = duckdb.connect(f"{DATA}/demo.duckdb", read_only=True)
    model = joblib.load(f"{DATA}/model.joblib")
    rows = con.sql("select * from t where region='North' limit 20").df()
    means = con.sql("select region, avg(income) inc from t group by 1 order by 1").df()
    return means, model, rows


@app.cell
def _(mo):
    age = mo.ui.slider(18, 90, value=50, label="Age")
    region = mo.ui.dropdown(["North", "South", "East", "West"], value="North", label="Region")
    mo.vstack([age, region])
    return age, region


@app.cell
def _(age, mo, model, np, region):
    p = model.predict_proba(np.array([[age.value, 20000, 3]]))[0, 1]
    mo.plain_text(f"Prediction for age={age.value} region={region.value}: {p:.3f}")
    return


@app.cell
def _(mo, rows):
    mo.Html(rows.to_html())
    return


@app.cell
def _(means, plt):
    _figure, _axes = plt.subplots(figsize=(6, 3))
    _axes.bar(means.region, means.inc)
    _axes.set_title("Income")
    _figure
    return


if __name__ == "__main__":
    app.run()
