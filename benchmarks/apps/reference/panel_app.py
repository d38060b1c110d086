"""The reference app in Panel: cached connection and model, as its manual recommends."""

import os

import duckdb
import joblib
import numpy as np
import pandas as pd  # noqa: F401 - every framework imports the same
import panel as pn
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestClassifier  # noqa: F401

pn.extension()
DATA = os.environ["BENCH_DATA"]


@pn.cache
def connection():
    return duckdb.connect(f"{DATA}/demo.duckdb", read_only=True)


@pn.cache
def model():
    return joblib.load(f"{DATA}/model.joblib")


con, forest = connection().cursor(), model()
age = pn.widgets.IntSlider(name="Age", start=18, end=90, value=50)
region = pn.widgets.Select(name="Region", options=["North", "South", "East", "West"])


def predict(a, r):
    p = forest.predict_proba(np.array([[a, 20000, 3]]))[0, 1]
    return f"Prediction for age={a} region={r}: {p:.3f}"


rows = con.sql("select * from t where region='North' limit 20").df()
means = con.sql("select region, avg(income) inc from t group by 1 order by 1").df()
figure = Figure(figsize=(6, 3))
axes = figure.subplots()
axes.bar(means.region, means.inc)
axes.set_title("Income")
pn.Column(
    "# Churn demo",
    age,
    region,
    pn.pane.Str(pn.bind(predict, age, region)),
    pn.pane.DataFrame(rows),
    pn.pane.Matplotlib(figure),
).servable()
