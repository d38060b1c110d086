"""The reference app as a notebook, for Voilà as it comes and for our app server; and its data, the same for all.

``SMALL``: a slider, a dropdown, a prediction, a table of 20 rows, a chart. ``WIDE``: six controls, three charts, a
table of 200 rows, an Output widget, a FileUpload and an anywidget. ``UNSTEADY``: SMALL with the time of day in its
first view, so that nobody can execute it ahead of its viewers. Every framework imports the same libraries.

``make_plain`` writes what is on the SMALL page as a file of HTML that answers by itself: what is left is the browser's.
"""

from __future__ import annotations

from pathlib import Path

_IMPORTS = """
import os
import pandas as pd, numpy as np, sklearn, duckdb, joblib
import matplotlib
%matplotlib inline
import matplotlib.pyplot as plt
from sklearn.ensemble import RandomForestClassifier
import ipywidgets as w
from IPython.display import display
"""
_LOAD = """
here = os.environ.get('SANDBOX_APP', '.')
con = duckdb.connect(f'{{here}}/demo.duckdb', read_only=True)
model = joblib.load(f'{{here}}/model.joblib')
rows = con.sql("select * from t where region='North' limit {rows}").df()
means = con.sql("select region, avg(income) inc from t group by 1 order by 1").df()
con.close()
"""
_CONTROLS = """
age = w.IntSlider(value=50, min=18, max=90, description='Age')
region = w.Dropdown(options=['North', 'South', 'East', 'West'], description='Region')
out = w.HTML()
def predict(_=None):
    p = model.predict_proba(np.array([[age.value, 20000, 3]]))[0, 1]
    out.value = f'Prediction for age={age.value} region={region.value}: {p:.3f}'
age.observe(predict, 'value'); region.observe(predict, 'value'); predict()
display(age, region, out)
"""
_CHART = """
fig, ax = plt.subplots(figsize=(6, 3)); ax.bar(means.region, means.inc); ax.set_title('Income'); plt.show()
"""
_MORE = """
import anywidget, traitlets
income = w.FloatSlider(value=20000, min=0, max=90000, step=500, description='Income')
only = w.Checkbox(value=False, description='Only new')
note = w.Text(description='Note')
when = w.DatePicker(description='Since')
log = w.Output()
class Counter(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      const b = document.createElement("button"); b.textContent = "count " + model.get("value");
      b.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", () => b.textContent = "count " + model.get("value")); el.append(b); } }'''
    value = traitlets.Int(0).tag(sync=True)
counter = Counter()
def told(change):
    with log:
        print(change['owner'].description, change['new'])
for each in (income, only, note, when):
    each.observe(told, 'value')
display(w.VBox([income, only, note, when]), w.FileUpload(description='Own list'), counter, log)
"""
_CHARTS = """
for title, column in (('Income', 'income'), ('Age', 'age'), ('Calls', 'calls')):
    fig, ax = plt.subplots(figsize=(6, 3)); ax.hist(rows[column], bins=20); ax.set_title(title); plt.show()
"""
_TABLE = "with pd.option_context('display.max_rows', 200): display(rows)"
_CLOCK = "import time, random; display(w.HTML(f'{time.time()} {random.random()}'))"

SMALL = (_IMPORTS, _LOAD.format(rows=20), _CONTROLS, "rows", _CHART)
WIDE = (_IMPORTS, _LOAD.format(rows=200), _CONTROLS, _MORE, _TABLE, _CHARTS)
UNSTEADY = (_IMPORTS, _LOAD.format(rows=20), _CONTROLS, _CLOCK, "rows", _CHART)


_PLAIN = """<!doctype html><meta charset="utf-8"><title>Churn demo</title><h1>Churn demo</h1>
<p><label>Age <input id="age" type="range" min="18" max="90" value="50"></label>
<label>Region <select id="region"><option>North<option>South<option>East<option>West</select></label></p>
<p id="out"></p>{table}<div>{chart}</div>
<script>
  const [age, region, out] = ["age", "region", "out"].map(id => document.getElementById(id));
  const predict = () => out.textContent =
    `Prediction for age=${{age.value}} region=${{region.value}}: 0.${{age.value}}`;
  age.oninput = region.oninput = predict; predict();
</script>"""


def make_plain(folder: Path) -> None:
    """``plain.html`` from the folder's data (``make_data``)."""
    import io

    import duckdb
    from matplotlib.figure import Figure

    with duckdb.connect(str(folder / "demo.duckdb"), read_only=True) as connection:
        rows = connection.sql("SELECT * FROM t WHERE region = 'North' LIMIT 20").df()
        means = connection.sql("SELECT region, avg(income) inc FROM t GROUP BY 1 ORDER BY 1").df()
    figure, picture = Figure(figsize=(6, 3)), io.StringIO()
    figure.subplots().bar(means.region, means.inc)
    figure.savefig(picture, format="svg")
    chart = picture.getvalue().partition("<svg")
    (folder / "plain.html").write_text(_PLAIN.format(table=rows.to_html(), chart=chart[1] + chart[2]))


def make_data(folder: Path) -> None:
    """``demo.duckdb`` with 50,000 people and ``model.joblib``, a forest of fifty trees."""
    import duckdb
    import joblib
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    with duckdb.connect(str(folder / "demo.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT i AS id, (18 + hash(i) % 72)::INT AS age, (hash(i + 1) % 90000)::INT AS income,"
            " (hash(i + 2) % 9)::INT AS calls,"
            " ['North', 'South', 'East', 'West'][(1 + hash(i + 3) % 4)::BIGINT] AS region"
            " FROM range(50000) r(i)"
        )
        table = connection.execute("SELECT age, income, calls FROM t LIMIT 5000").fetchnumpy()
    facts = np.column_stack([table["age"], table["income"], table["calls"]])
    left = facts[:, 0] / 90 + facts[:, 2] / 9 + np.random.default_rng(7).normal(0, 0.3, len(facts)) > 1.1
    forest = RandomForestClassifier(50, min_samples_leaf=5, max_depth=8, random_state=7, n_jobs=1).fit(facts, left)
    joblib.dump(forest, folder / "model.joblib")
