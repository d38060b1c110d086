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
        display({"application/vnd.vegalite.v5+json": {"mark": "bar"}, "text/plain": "<VegaLite 5 object>"}, raw=True)
again.on_click(draw)
display(again, place)
"""
VEGA = """
from IPython.display import HTML, Markdown
display(Markdown(r"The share is $\\frac{a}{b}$."))
display(HTML("<style>#late { width: 100% }</style><div id='late'></div><script>draw('late')</script>"))
display({"application/vnd.vegalite.v5+json": {"mark": "bar"}, "text/plain": "<VegaLite 5 object>"}, raw=True)
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
