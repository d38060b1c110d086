"""The reference app in Solara."""

import os

import duckdb
import joblib
import matplotlib
import numpy as np
import pandas as pd  # noqa: F401
import solara

matplotlib.use("Agg")
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestClassifier  # noqa: F401

DATA = os.environ["BENCH_DATA"]
con = duckdb.connect(f"{DATA}/demo.duckdb", read_only=True)
forest = joblib.load(f"{DATA}/model.joblib")


@solara.component
def Page():
    age = solara.use_reactive(50)
    region = solara.use_reactive("North")

    def look():
        cursor = con.cursor()
        rows = cursor.sql("select * from t where region='North' limit 20").df()
        means = cursor.sql("select region, avg(income) inc from t group by 1 order by 1").df()
        figure = Figure(figsize=(6, 3))
        axes = figure.subplots()
        axes.bar(means.region, means.inc)
        axes.set_title("Income")
        return rows, figure

    rows, figure = solara.use_memo(look, [])
    solara.Title("Churn")
    solara.Markdown("# Churn demo")
    solara.SliderInt("Age", value=age, min=18, max=90)
    solara.Select("Region", values=["North", "South", "East", "West"], value=region)
    p = forest.predict_proba(np.array([[age.value, 20000, 3]]))[0, 1]
    solara.Text(f"Prediction for age={age.value} region={region.value}: {p:.3f}")
    solara.HTML(unsafe_innerHTML=rows.to_html())
    solara.FigureMatplotlib(figure)
