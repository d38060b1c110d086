"""Apps about what is done with a hand (numbers typed, tracks pressed, tags dragged), and about pictures and sound."""

#: Name → (widget, format): what its reading says at first is compared with what Python says of the same value.
FORMATS = {
    "percent": (0.1234, ".2%"), "whole-percent": (0.5, ".0%"), "thousands": (1234567.0, ",.0f"),
    "fixed": (1.005, ".2f"), "many": (1234.5, ",.3f"), "signed": (2.5, "+.1f"), "padded": (7.0, "05.1f"),
    "negative": (-1234.24, ",.1f"), "general": (0.01234, ".3g"),
}  # fmt: skip

HANDS = f"""
import ipywidgets as w
from IPython.display import display
said = w.HTML("<p class='said'>nothing yet</p>")
def hear(name, control):
    control.add_class("x-" + name)
    def heard(change):
        said.value = f"<p class='said'>{{name}}: {{control.value!r}}</p>"
    control.observe(heard, "value")
    return control
def span(**more):
    return w.FloatSlider(min=-1e7, max=1e7, step=1e-9, **more)
controls = [
    hear("int", w.IntSlider(value=12, max=60, description="Months")),
    hear("share", w.FloatSlider(value=0.5, max=1, step=0.01, description="Share", readout_format=".0%")),
    hear("log", w.FloatLogSlider(value=10, base=10, min=0, max=6, step=0.1, description="Log", readout_format=",.2f")),
    hear("money", w.FloatSlider(value=1500, max=100000, step=10, readout_format="$,.2f", continuous_update=False)),
    hear("short", w.FloatSlider(value=1500, max=100000, step=10, description="Short", readout_format=".3s")),
    hear("range", w.IntRangeSlider(value=(2, 6), max=10, description="Between")),
    hear("shares", w.FloatRangeSlider(value=(-0.5, 0.6), min=-1, max=1, step=0.01, readout_format=".0%")),
    hear("only-drag", w.IntRangeSlider(value=(2, 6), max=10, description="Drag two", behavior="drag")),
    hear("only-tap", w.IntRangeSlider(value=(2, 6), max=10, description="Tap", behavior="tap")),
    hear("snap", w.IntRangeSlider(value=(2, 6), max=10, description="Snap", behavior="snap")),
    hear("handle", w.IntSlider(value=5, max=10, description="Drag one", behavior="drag")),
    hear("off-step", w.IntSlider(value=7, max=60, step=5, description="Between steps")),
    hear("fixed", w.IntSlider(value=7, max=60, description="Fixed", disabled=True)),
    hear("ends", w.SelectionRangeSlider(options=list("abcdefghijk"), index=(2, 6), description="Ends")),
    hear("upright", w.IntRangeSlider(value=(2, 6), max=10, description="Upright", orientation="vertical")),
    hear("tags", w.TagsInput(value=["north", "south", "east"], allowed_tags=["north", "south", "east", "west"],
                             allow_duplicates=False, description="Teams")),
    hear("ints", w.IntsInput(value=[1000, 2, 3], format=",d", description="Numbers")),
    hear("more", w.IntsInput(value=[1000], description="More")),
]
controls += [hear("f-" + name, span(value=value, readout_format=form)) for name, (value, form) in {FORMATS!r}.items()]
move = w.Button(description="Move")
move.on_click(lambda _: setattr(controls[0], "value", 30))
display(said, w.VBox(controls), move)
"""

MEDIA = """
import base64, io, struct, wave, zlib
import ipywidgets as w
from IPython.display import Latex, Markdown, display
def png(n=20):
    rows = b"".join(b"\\0" + b"\\xff\\x40\\0" * n for _ in range(n))
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", n, n, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
def wav(seconds):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
        file.writeframes(b"".join(struct.pack("<h", n % 40 * 100) for n in range(8000 * seconds)))
    return out.getvalue()
def named(name, control):
    control.add_class("m-" + name)
    return control
def when(name, act):
    button = w.Button(description=name)
    button.on_click(lambda _: act())
    return button
data = b"data:image/png;base64," + base64.b64encode(png())
sound = named("sound", w.Audio(value=wav(20), format="wav", autoplay=False, loop=False))
shown = [
    named("png", w.Image(value=png(), width=40, height="30")),
    named("half", w.Image(value=png(), width="50%", height=10)),
    named("laid", w.Image(value=png(), width="50", layout={"width": "70px"})),
    named("data", w.Image.from_url(data)),
    named("away", w.Image.from_url("https://elsewhere.example/seen.png")),
    named("relative", w.Image.from_url("seen.png")),
    named("sly", w.Image.from_url(" data:text/html,<script>self.ran=1</script>")),
    named("broken", w.Image(value=b"no picture", format="png")),
    sound,
    named("starts", w.Audio(value=wav(20), format="wav", controls=False)),
    named("film", w.Video(value=b"no film", format="mp4")),
    named("film-away", w.Video.from_url("https://elsewhere.example/seen.mp4")),
]
def change():
    sound.loop, sound.controls, sound.autoplay = True, False, True
def mend():
    shown[7].value, shown[4].value = png(), data
files, took = named("files", w.FileUpload()), named("took", w.Label("no file"))
def take(_):
    took.value = f"{len(files.value)} files, {sum(file.size for file in files.value)} bytes"
files.observe(take, "value")
def reset():
    files.value = ()
out = named("out", w.Output())
with out:
    display(Markdown("so $x^2$ is **it**"))
    display(Latex(r"$\\frac{a}{b}$"))
    print("and this")
display(*shown, files, took, out, when("Change", change), when("Mend", mend), when("Reset", reset))
"""

#: One of every kind of model that ipywidgets has, styles and links among them.
EVERY = """
import ipywidgets as w
from IPython.display import display
some = {"options": ["low", "middle", "high"]}
ends = ((w.IntText(), "value"), (w.IntText(), "value"))
given = {"Link": ends, "DirectionalLink": ends}
kinds = {}
for kind in [each for each in vars(w).values() if isinstance(each, type) and issubclass(each, w.Widget)]:
    trait = kind.class_traits().get("_model_name")
    if trait is not None and (trait.default_value == kind.__name__ + "Model" or kind.__name__.endswith("Picker")):
        kinds[kind.__name__] = kind
shown = []
for name, kind in sorted(kinds.items()):
    if name in given:
        shown.append(kind(*given[name]))
        continue
    if not issubclass(kind, w.DOMWidget) or name == "DOMWidget":
        continue
    traits = kind.class_traits()
    more = dict(some) if "_options_labels" in traits or name == "Combobox" else {}
    if "children" in traits:
        more["children"] = [w.Label("first"), w.Label("second")]
    if name.endswith("Input"):
        more["value"] = {"TagsInput": ["a"], "ColorsInput": ["red"]}.get(name, [1])
    shown.append(kind(**more))
    shown[-1].add_class("every-" + name)
display(*[each for each in shown if isinstance(each, w.DOMWidget)])
"""
