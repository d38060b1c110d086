"""An app that shows every control of ipywidgets, and says in words what the kernel has heard."""

CONTROLS = """
import datetime, io, struct, zlib
import ipywidgets as w
from IPython.display import HTML, display
said = w.HTML("<p class='said'>nothing yet</p>")
def hear(control, name):
    control.add_class("x-" + name)
    def heard(change):
        said.value = f"<p class='said'>{name}: {control.value!r}</p>"
    control.observe(heard, "value")
    return control
some = ["low", "middle", "high"]
made = {
    "intslider": w.IntSlider(value=3, max=10, description="Whole"),
    "floatslider": w.FloatSlider(value=0.5, max=1, step=0.25, description="Part", readout_format=".0%"),
    "logslider": w.FloatLogSlider(value=10, base=10, min=0, max=3, step=1, description="Log"),
    "lazy": w.IntSlider(value=1, max=5, description="Lazy", continuous_update=False),
    "range": w.IntRangeSlider(value=(2, 6), max=10, description="Between"),
    "inttext": w.BoundedIntText(value=5, min=0, max=20, description="Count"),
    "floattext": w.FloatText(value=1.5, description="Amount"),
    "check": w.Checkbox(value=False, description="Agree"),
    "toggle": w.ToggleButton(value=False, description="On"),
    "dropdown": w.Dropdown(options=some, value="low", description="Level"),
    "radio": w.RadioButtons(options=some, value="low", description="Pick"),
    "select": w.Select(options=some, value="low", description="List"),
    "multiple": w.SelectMultiple(options=some, value=("low",), description="Several"),
    "buttons": w.ToggleButtons(options=some, value="low", description="Row"),
    "along": w.SelectionSlider(options=some, value="low", description="Along"),
    "between": w.SelectionRangeSlider(options=some, value=("low", "middle"), description="Ends"),
    "text": w.Text(value="", description="Name", placeholder="who"),
    "area": w.Textarea(value="", description="Note"),
    "combo": w.Combobox(options=some, description="Word"),
    "date": w.DatePicker(value=datetime.date(2026, 1, 31), description="Day"),
    "time": w.TimePicker(value=datetime.time(9, 30), description="Hour"),
    "naive": w.NaiveDatetimePicker(value=datetime.datetime(2026, 1, 31, 9, 30), description="Moment"),
    "colour": w.ColorPicker(value="red", description="Colour"),
    "tags": w.TagsInput(value=["a"], description="Tags"),
}
display(said, w.VBox([hear(control, name) for name, control in made.items()]))
"""

CONTAINERS = """
button = w.Button(description="Press", button_style="primary")
pressed = w.Label("not pressed")
button.on_click(lambda _: setattr(pressed, "value", "pressed"))
growing = w.VBox([w.Label("first")])
grow = w.Button(description="Grow")
grow.on_click(lambda _: setattr(growing, "children", (*growing.children, w.IntSlider(description="New", value=7))))
printed = w.Output()
def shout(_):
    with printed:
        printed.clear_output(wait=True)
        print("printed by the kernel")
        display(HTML("<b class='shouted'>shown by the kernel</b>"))
        display(w.Checkbox(description="Made later"))
speak = w.Button(description="Speak")
speak.on_click(shout)
tabs = w.Tab([w.Label("one"), w.Label("two")], titles=("First", "Second"))
folds = w.Accordion([w.Label("hidden at first")], titles=("Unfold",), selected_index=None)
source, target = w.IntSlider(description="Source", max=9), w.IntText(description="Target")
link = w.jslink((source, "value"), (target, "value"))
for each, name in ((source, "source"), (target, "target")):
    each.add_class("x-" + name)
def png():
    line = zlib.compress(bytes([0, 255, 0, 0]))
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", line) + chunk(b"IEND", b""))
picture = w.Image(value=png(), format="png", width=20)
files = w.FileUpload(accept=".csv", multiple=False)
took = w.Label("no file")
def take(change):
    if files.value:
        took.value = f"{files.value[0].name}: {len(files.value[0].content)} bytes"
files.observe(take, "value")
bar = w.IntProgress(value=4, max=10, description="Done")
display(w.HBox([button, pressed, grow, speak]), growing, printed, tabs, folds, source, target, picture, files, took,
        bar, w.Valid(value=True, description="Fine"), w.HTMLMath("x < y"))
"""

TRAITS = """
import ipywidgets as w
from IPython.display import display
def named(name, control):
    control.add_class("t-" + name)
    return control
def when(name, act):
    button = w.Button(description=name)
    button.on_click(lambda _: act())
    return button
look = {"background": "rgb(1, 2, 3)", "text_color": "rgb(9, 8, 7)"}
styled = named("styled", w.Text(description="Styled", style=look))
handle = named("handle", w.IntSlider(description="Handle", style={"handle_color": "rgb(1, 2, 3)"}))
ends = named("ends", w.IntRangeSlider(description="Handles", style={"handle_color": "rgb(1, 2, 3)"}))
painted = named("painted", w.IntProgress(value=5, style={"bar_color": "rgb(1, 2, 3)"}))
toned = named("toned", w.IntProgress(value=5, bar_style="danger"))
rows = named("rows", w.ToggleButtons(options=["p", "q"], button_style="danger", tooltips=["one", "two"]))
wide = named("wide", w.RadioButtons(options=["r", "s"], orientation="horizontal"))
taken = named("taken", w.TagsInput(value=["a"], tag_style="success", allowed_tags=["a", "b"]))
named_colour = named("hue", w.ColorPicker(value="teal", description="Hue"))
short = named("short", w.ColorPicker(value="teal", concise=True))
upload = named("upload", w.FileUpload(style={"button_color": "rgb(1, 2, 3)"}))
clock = named("clock", w.TimePicker(step="any", min=__import__("datetime").time(8)))
bounded = named("bounded", w.DatePicker(description="Bounded", max=__import__("datetime").date(2026, 5, 1)))
counter = named("counter", w.Play(interval=200, max=1000))
counted = named("counted", w.Label("0"))
counter.observe(lambda change: setattr(counted, "value", str(change.new)), "value")
laid = named("laid", w.Text(description="Laid", layout={"width": "300px"}))
skipped = named("skipped", w.Text(description="Skipped", tabbable=False))
closing = named("closing", w.Text(description="Closing"))
indented = named("indented", w.Checkbox(description="Indented", style={"description_width": "200px"}))
money = named("money", w.FloatText(description="Money $5 and $10", value=1))
alpha = named("alpha", w.IntSlider(description="Rate $\\\\alpha_1$ of $x<3$"))
wild = named("wild", w.Text(description="<img src=x onerror='self.ran=1'> <b class=wilder>$\\\\beta$</b>"))
markup = "<b class=bolder onclick='self.ran=1'>$\\\\gamma$</b>"
bold = named("bold", w.Checkbox(description=markup, description_allow_html=True))
plain = named("plain", w.Button(description="$\\\\delta$"))
stack = named("stack", w.Stack([w.Label("upper")], selected_index=0, box_style="warning"))
reached = named("reached", w.IntProgress(value=1, tabbable=True))
playing = named("playing", w.Play(description="Years"))
long = named("long", w.Textarea(description="Long"))
heard = named("heard", w.Label("nothing"))
long.observe(lambda change: setattr(heard, "value", f"heard {len(change.new)}"), "value")
def change():
    laid.layout = {"width": "200px"}
    styled.style = {"background": "rgb(5, 5, 5)"}
    skipped.tabbable = True
    bounded.max = None
    rows.tooltips = ["three", "four"]
    alpha.description = "Now $\\\\omega$"
    counter.close()
    closing.close()
display(when("Change", change), when("Focus", styled.focus), when("Blur", styled.blur), styled, handle, ends, painted,
        toned, rows, wide, taken, named_colour, short, upload, clock, bounded, counter, counter, counted, laid, skipped,
        closing, indented, money, alpha, wild, bold, plain, stack, reached, playing, long, heard)
"""

PADS = """
import ipywidgets as w
from IPython.display import display
pad = w.Controller(index=1)
told = w.HTML("<p class='told'>no pad</p>")
seen = []
def say(_=None):
    axes = [round(axis.value, 2) for axis in pad.axes]
    pressed = [place for place, button in enumerate(pad.buttons) if button.pressed]
    told.value = f"<p class='told'>{pad.connected} {pad.name} {pad.mapping} {axes} {pressed} {len(pad.buttons)}</p>"
def came(change):
    for axis in change.new:
        axis.observe(say, "value")
    for button in pad.buttons:
        button.observe(say, "pressed")
    say()
pad.observe(came, "axes")
display(pad, told)
"""

OUTPUTS = """
import pandas as pd
import matplotlib.pyplot as plt
from IPython.display import HTML, SVG, Markdown, display
print("printed <b>while</b> it was made")
display(pd.DataFrame({"machine": [f"M{n:03}" for n in range(200)], "hours": range(200)}))
fig, ax = plt.subplots(figsize=(3, 2)); ax.plot([1, 3, 2]); plt.show()
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4" cx="4" cy="4"/></svg>'))
display(Markdown("**bold** text"))
display(HTML('''<style>.red { color: rgb(150, 0, 0) } .sb-bar { display: none } body { display: none }</style>
<p class="red">coloured</p><a class="away" href="https://example.org/">away</a>
<a class="data" download="figures.csv" href="data:text/csv;base64,YSxiCjEsMgo=">figures</a>
</main><p class="after">after</p>'''))
"""

OFFERS = """
import pandas as pd
import ipywidgets as w
from sandbox import lab
from sandbox.lab.downloads import Offer
groups = pd.DataFrame({"team": ["north", "south", "=1+1"], "customers": [40, 3, 25], "risk": [0.2, 0.9, 0.4]})
months = w.IntSlider(value=12, max=60, description="Months")
display(months)
lab.download("预警 groups.csv", groups, units="customers", label="Groups")
lab.download("months.txt", lambda: f"months: {months.value}", label="Months so far")
lab.download("page.txt", "<script>alert(1)</script><h1>not a page</h1>", label="Markup")
lab.download("large.zip", lambda: bytes(26 * 2**20), label="Large")
lab.download("whole.zip", lambda: bytes(20 * 2**20), label="Twenty")
# What a hostile author answers.
class Sly(Offer):
    def _asked(self, widget, content, buffers):
        self.send({"event": "file", "name": self.sandbox_file}, buffers=[b"<h1>x</h1>"])
display(Sly("../../etc/cron.d/job.csv", bytes, description="Path"), Sly("page.html", bytes, description="Html"))
class Huge(Offer):
    def _asked(self, widget, content, buffers):
        self.send({"event": "file", "name": "x.zip"}, buffers=[bytes(25 * 2**20 + 1)])
display(Huge("x.zip", bytes, description="Huge"))
display(w.Button(description="No file"))
"""

CHARTS = """
import ipywidgets as w
import plotly.graph_objects as go
from IPython.display import display
figure = go.Figure(go.Bar(x=["north", "south"], y=[3, 5]), layout={"title": {"text": "Teams <b>now</b>"}})
figure.show()
display({"application/vnd.plotly.v1+json": "no figure"}, raw=True)
place, again = w.Output(), w.Button(description="Draw")
def draw(_):
    with place:
        display({"application/vnd.plotly.v1+json": {"data": [{"y": [1, 2], "name": "</script><b>x"}],
                                                    "layout": {"title": "Later"}},
                 "text/html": "<p class='instead'>instead</p>"}, raw=True)
        display({"application/vnd.vega.v4+json": {"marks": []}, "text/plain": "<Vega 4 object>"}, raw=True)
again.on_click(draw)
display(again, place)
"""
TEXTS = """
from IPython.display import HTML, Markdown
display(Markdown(r"The share is $\\frac{a}{b}$."))
display(HTML("<style>#late { width: 100% }</style><div id='late'></div><script>draw('late')</script>"))
display({"application/vnd.vega.v3+json": {"marks": []}, "text/plain": "<Vega 3 object>"}, raw=True)
"""
LIVE_CHART = """
live = go.FigureWidget(go.Bar(x=["a", "b"], y=[1, 2]), layout={"title": {"text": "Live"}})
more = w.Button(description="More")
def grow(_):
    live.data[0].y = [8, 2]
    live.layout.title.text = "Grown"
more.on_click(grow)
display(more, live)
"""

ALTAIR = """
import altair as alt
import pandas as pd
import ipywidgets as w
from IPython.display import display
months = pd.date_range("2026-01-01", periods=24, freq="MS")
cases = pd.DataFrame({"team": ["north", "south", "east", "west"] * 6, "month": months,
                      "customers": [3 + 7 * n % 11 for n in range(24)], "risk": [37 * n % 99 / 99 for n in range(24)]})
pick = alt.selection_point(fields=["team"], on="click", name="pick")
base = alt.Chart(cases).encode(x="month:T", y="customers:Q", color="team:N", tooltip=["team", "customers"])
faded = alt.condition(pick, alt.value(1), alt.value(0.2))
line, point = base.mark_line().encode(opacity=faded), base.mark_point(filled=True, size=300)
display((line + point).add_params(pick).properties(title="By month", width=600))
display(alt.Chart(cases, title="Spread").mark_boxplot().encode(x="team:N", y="customers:Q"))
parts = alt.Chart(cases).mark_bar().encode(x="team:N", y="count()", color="mean(risk):Q").properties(width=130)
display(parts.facet(column=alt.Column("year(month):O", title=None)).properties(title="Facets"))
def square(x, y):
    ring = [[x, y], [x, y + 8], [x + 8, y + 8], [x + 8, y], [x, y]]
    return {"type": "Feature", "properties": {"n": x}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
places = alt.Data(values=[square(0, 0), square(10, 0), square(0, 10)])
display(alt.Chart(places, title="Places").mark_geoshape().encode(color="properties.n:Q").project("mercator"))
least = alt.param(name="least", value=5, bind=alt.binding_range(min=0, max=20, step=1, name="At least"))
teams = alt.binding_select(options=[None, "north"], name="Team")
which = alt.selection_point(fields=["team"], bind=teams, name="which")
far = alt.condition("datum.customers >= least", alt.value("#008000"), alt.value("#d3d3d3"))
bound = alt.Chart(cases, title="Bound").mark_point().encode(x="risk:Q", y="customers:Q", color=far)
display(bound.add_params(least, which).transform_filter(which))
people = pd.DataFrame({"部门": ["销售", "客服"], "人数": [1200, 3400]})
display(alt.Chart(people, title="部门").mark_bar().encode(x="部门:N", y="人数:Q").properties(width="container"))
place, again = w.Output(), w.Button(description="Draw")
shown = []
def chart(title):
    return alt.Chart(cases, title=title).mark_bar().encode(x="team:N", y="sum(customers):Q")
def draw(_):
    with place:
        if not shown:
            shown.append(display(chart("First"), display_id=True))
            display(chart("Beside"))
        else:
            shown[0].update(chart("Second"))
again.on_click(draw)
display(again, place)
"""
ALTAIR_WIDGET = """
brush = alt.selection_interval(encodings=["x"], name="brush")
points = alt.Chart(cases, title="Live").mark_point(size=200).encode(x="risk:Q", y="customers:Q")
live = alt.JupyterChart(points.add_params(brush).properties(width=300, height=200))
heard, swap = w.HTML("<p class='heard'>nothing</p>"), w.Button(description="Swap")
def hear(change):
    heard.value = f"<p class='heard'>{sorted(change.new.value)}</p>"
live.selections.observe(hear, ["brush"])
swap.on_click(lambda _: setattr(live, "chart", alt.Chart(cases, title="Swapped").mark_bar().encode(x="team:N")))
display(live, heard, swap)
"""

_DATA = {"values": [{"a": "x", "b": 3}, {"a": "y", "b": 5}]}
_BARS = {"mark": "bar", "data": _DATA, "encoding": {"x": {"field": "a"}, "y": {"field": "b", "type": "quantitative"}}}
#: Charts of older libraries: (type, title, specification).
_OLDER = [
    ("vegalite.v3+json", "Three", _BARS),
    ("vegalite.v4+json", "Four", {
        "vconcat": [
            {**_BARS, "selection": {"pick": {"type": "multi", "fields": ["a"]}}},
            {**_BARS, "transform": [{"filter": {"selection": "pick"}}]},
        ],
    }),
    ("vega.v5+json", "Five", {
        "width": 200, "height": 100, "data": [{"name": "t", "values": _DATA["values"]}],
        "scales": [{"name": "x", "type": "band", "domain": {"data": "t", "field": "a"}, "range": "width"}],
        "marks": [{"type": "rect", "from": {"data": "t"}, "encode": {"enter": {
            "x": {"scale": "x", "field": "a"}, "width": {"value": 50}, "y": {"value": 9}, "height": {"value": 50},
        }}}],
    }),
]  # fmt: skip
OLDER = f"""
from IPython.display import display
for kind, title, spec in {_OLDER!r}:
    display({{"application/vnd." + kind: {{"title": title, **spec}}}}, raw=True)
"""
#: What an author might write against a viewer, with %s for another server: (type, title, specification).
_HOSTILE = [
    *(("vegalite.v5+json", "Data", {**_BARS, "data": {"url": url}})
      for url in ("%s/stolen.csv", "file:///etc/passwd", "/healthz", "//127.0.0.1/stolen.json")),
    ("vegalite.v5+json", "Lookup", {**_BARS, "transform": [
        {"lookup": "a", "from": {"data": {"url": "%s/stolen.json"}, "key": "a", "fields": ["c"]}}]}),
    ("vegalite.v5+json", "Images", {**_BARS, "mark": "image", "encoding": {
        **_BARS["encoding"], "url": {"value": "%s/stolen.png"}}}),
    *(("vegalite.v5+json", "Links", {**_BARS, "encoding": {**_BARS["encoding"], "href": {"value": url}}})
      for url in ("javascript:top.ran=self.ran=1", "%s/stolen")),
    *(("vegalite.v5+json", "Expressions", {**_BARS, "transform": [{"calculate": expression, "as": "c"}]})
      for expression in ("''.constructor.constructor('self.ran=1')()", "eval('self.ran=1')", "self.ran=1",
                         "toString.constructor('self.ran=1')()")),
    ("vegalite.v5+json", "Properties", {**_BARS, "transform": [
        {"calculate": "datum['__proto__'] || datum['constructor'] || ''['constructor']", "as": "c"}]}),
    ("vegalite.v5+json", "Tooltips", {**_BARS, "encoding": {
        **_BARS["encoding"], "tooltip": {"value": "<img src=x onerror='self.ran=1'><script>self.ran=1</script>"}}}),
    ("vegalite.v5+json", "Options", {**_BARS, "usermeta": {"embedOptions": {
        "ast": False, "loader": {"target": "_top"}, "config": "%s/stolen.json", "patch": "%s/stolen.json"}}}),
]  # fmt: skip
HOSTILE_CHARTS = f"""
from IPython.display import display
for kind, title, spec in {_HOSTILE!r}:
    display({{"application/vnd." + kind: {{"title": title, **spec}}}}, raw=True)
for broken in ({{}}, {{"mark": "nothing"}}, {{"mark": "bar", "encoding": 3}}, "text", 3, [1], {{"layer": 1}}):
    display({{"application/vnd.vegalite.v5+json": broken}}, raw=True)
"""
