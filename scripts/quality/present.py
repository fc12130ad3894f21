"""docs/quality.json as the tables of docs/quality.md (between its markers) and the plot docs/quality.svg."""

import math
import re

import matplotlib
import matplotlib.pyplot as plt

import formats
from fake_quantise import parse_format
from measure import common

# What docs/quality.md promises: percent of perplexity on either text, and share of tokens, by format and model.
MAX_INCREASE_PERCENT = {"mxint8": 0.7, "int4": 1.5, "mxfp4": 2.0}
MIN_TOP1 = {("fable-mla", "mxint8"): 0.96, ("fable-gqa", "mxint8"): 0.98}
SHARES = ("weights", "activations", "KV")
COLOURS = {"weights": "#4c72b0", "activations": "#dd8452", "KV": "#55a868", "all, emulated": "#8c8c8c",
           "device": "#222222"}


def combined(results):
    """One result over several texts, each weighted by its tokens."""
    tokens = sum(r["tokens"] for r in results)

    def mean(value):
        return sum(r["tokens"] * value(r) for r in results) / tokens

    loss = mean(lambda r: math.log(1 + r["increase_percent"] / 100))
    error = math.sqrt(sum((r["tokens"] * r["error_percent"]) ** 2 for r in results)) / tokens
    out = {"perplexity": math.exp(mean(lambda r: math.log(r["perplexity"]))), "error_percent": error,
           "increase_percent": 100 * math.expm1(loss)}
    return out | {key: mean(lambda r, key=key: r[key]) for key in
                  ("top1_agreement", "same_experts", "experts_in_common")}


def over_texts(model, kind, name):
    """The combined result, or None unless every text has it."""
    results = [text.get(kind, {}).get(name) for text in model["texts"].values()]
    return combined(results) if results and all(results) else None


def specs_of(model):
    """The formats that were measured or emulated, in the order of the file."""
    names = {}
    for text in model["texts"].values():
        names |= {name.removeprefix("all "): None for name in text.get("emulated", {}) if name.startswith("all ")}
        names |= dict.fromkeys(text.get("device", {}))
    return list(names)


def share(model, spec, name):
    """The result behind one of the plot's bars."""
    places = {"weights": ("emulated", f"weights {spec}"), "activations": ("emulated", "activations"),
              "KV": ("emulated", "kv"), "all, emulated": ("emulated", f"all {spec}"), "device": ("device", spec)}
    return over_texts(model, *places[name])


def bits_a_weight(model, spec):
    chosen, sizes = {**parse_format(spec)}, model["weights"]
    return sum(count * formats.BITS_A_WEIGHT[chosen[kind]] for kind, count in sizes.items()) / sum(sizes.values())


def percent(result):
    return f"{result['increase_percent']:+.2f} ± {result['error_percent']:.2f}" if result else "-"


def agreement(result, key):
    return f"{100 * result[key]:.2f}" if result else "-"


def table(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def goals(data):
    rows = []
    for name, model in data["models"].items():
        for spec, limit in MAX_INCREASE_PERCENT.items():
            results = [text.get("device", {}).get(spec) for text in model["texts"].values()]
            if not results or not all(results):
                continue
            worst = max(r["increase_percent"] for r in results)
            top1, least = combined(results)["top1_agreement"], MIN_TOP1.get((name, spec), 0)
            rows.append([f"{name}, {spec}", f"{worst:+.2f}", f"{limit}", f"{100 * top1:.2f}",
                         f"{100 * least:.0f}" if least else "-", "yes" if worst <= limit and top1 >= least else "**no**"])
    return table(["model, format", "perplexity, the worse book, %", "at most", "top-1 agreement, %", "at least", "holds"],
                 rows)


def measured(model):
    titles = list(model["texts"])
    rows = [["fp32", "-", *(f"{text['reference']['perplexity']:.3f}" for text in model["texts"].values()), "-", "-", "-",
             "-"]]
    for spec in specs_of(model):
        each = [text.get("device", {}).get(spec) for text in model["texts"].values()]
        result = over_texts(model, "device", spec)
        rows.append([f"`{spec}`", f"{bits_a_weight(model, spec):.2f}",
                     *(f"{r['perplexity']:.3f}" if r else "-" for r in each), percent(result),
                     *(agreement(result, key) for key in ("top1_agreement", "same_experts", "experts_in_common"))])
    return table(["format", "bits a weight", *titles, "increase, %", "top-1, %", "same experts, %",
                  "experts in common, %"], rows)


def shares(model, show):
    names = [*SHARES, "all, emulated", "device"]
    return table(["format", *names], [[f"`{spec}`", *(show(share(model, spec, name)) for name in names)]
                                      for spec in specs_of(model)])


def each_model(data, make):
    return "\n\n".join(f"**{name}**\n\n{make(model)}" for name, model in data["models"].items())


def fill(text, name, body):
    """The text with `body` between the markers of `name`."""
    pattern = re.compile(rf"(<!-- {name}: written by scripts/quality/report.py -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise common.UsageError(f"quality.md has no markers for '{name}'")
    return pattern.sub(lambda match: match[1] + "\n" + body + "\n\n" + match[2], text)


def draw(data, path):
    # Nothing of the day or the machine goes into the file, so that the same results give the same bytes.
    matplotlib.use("svg")
    plt.rcParams.update({"svg.hashsalt": "sluice", "svg.fonttype": "none", "font.size": 9})
    figure, axes = plt.subplots(len(data["models"]), 1, figsize=(8, 3.2 * len(data["models"])), squeeze=False,
                                layout="constrained")
    for axis, (name, model) in zip(axes[:, 0], data["models"].items()):
        specs = specs_of(model)
        for index, (bar, colour) in enumerate(COLOURS.items()):
            found = [(at, result) for at, spec in enumerate(specs) if (result := share(model, spec, bar))]
            axis.bar([at + (index - 2) * 0.16 for at, _ in found], [r["increase_percent"] for _, r in found], 0.15,
                     yerr=[r["error_percent"] for _, r in found], color=colour, label=bar,
                     error_kw={"elinewidth": 0.8, "ecolor": "#b00000"})
        axis.set_xticks(range(len(specs)), [spec.replace(",", ",\n") for spec in specs])
        axis.set_ylabel("perplexity, % above fp32")
        axis.set_title(name, loc="left")
        axis.axhline(0, color="black", linewidth=0.6)
        axis.grid(axis="y", linewidth=0.3)
        axis.set_axisbelow(True)
    axes[0, 0].legend(ncols=5, fontsize=8, frameon=False, loc="upper left")
    axes[0, 0].margins(y=0.2)
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def write(data, out):
    """Writes the plot and, where `out` has a quality.md, its tables."""
    draw(data, out / "quality.svg")
    page = out / "quality.md"
    if page.exists():
        text = fill(page.read_text(encoding="utf-8"), "goals", goals(data))
        text = fill(text, "measured", each_model(data, measured))
        text = fill(text, "perplexity shares", each_model(data, lambda model: shares(model, percent)))
        text = fill(text, "top-1 shares", each_model(
            data, lambda model: shares(model, lambda result: agreement(result, "top1_agreement"))))
        page.write_text(text, encoding="utf-8")
