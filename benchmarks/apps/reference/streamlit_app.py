"""The reference app in Streamlit."""

import os

import duckdb
import joblib
import matplotlib
import numpy as np
import pandas as pd  # noqa: F401
import streamlit as st

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.ensemble import RandomForestClassifier  # noqa: F401

DATA = os.environ["BENCH_DATA"]


@st.cache_resource
def connection():
    return duckdb.connect(f"{DATA}/demo.duckdb", read_only=True)


@st.cache_resource
def model():
    return joblib.load(f"{DATA}/model.joblib")


con, forest = connection().cursor(), model()
st.title("Churn demo")
age = st.slider("Age", 18, 90, 50)
region = st.selectbox("Region", ["North", "South", "East", "West"])
p = forest.predict_proba(np.array([[age, 20000, 3]]))[0, 1]
st.write(f"Prediction for age={age} region={region}: {p:.3f}")
st.table(con.sql("select * from t where region='North' limit 20").df())
means = con.sql("select region, avg(income) inc from t group by 1 order by 1").df()
figure, axes = plt.subplots(figsize=(6, 3))
axes.bar(means.region, means.inc)
axes.set_title("Income")
st.pyplot(figure)
plt.close(figure)
