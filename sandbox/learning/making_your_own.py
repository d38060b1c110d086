"""The exercises of *making your own*: for those who code. All figures come from the person's own practice table."""

from __future__ import annotations

import random
from collections import defaultdict

from sandbox.core.messages import Message
from sandbox.learning.practice import CONTRACTS, Practice
from sandbox.learning.question import Exercise, Option, Question

#: What a shown figure must stand for at least, as `small_cell` has it by default.
SMALL = 10


def units(_: random.Random, practice: Practice) -> Question:
    return Question(
        Message("How many different customers are in your practice table?"),
        "number",
        Message("There are {rows} rows. Count the values of the column `customer`, each once.", {"rows": CONTRACTS}),
        Message("Right. Count units, not rows: gates, small cells and splits all do."),
        number=practice.customers,
    )


def baseline(_: random.Random, practice: Practice) -> Question:
    share = max(practice.leavers, 1 - practice.leavers)
    return Question(
        Message(
            "How often is the rule “always the more frequent outcome” right in your table? Give it in percent, with "
            "one decimal."
        ),
        "number",
        Message("Which value of `left` is the more frequent one? Its share is the answer."),
        Message("Right. Record it beside every model: `lab.evaluate` does so for you."),
        number=100 * share,
        tolerance=0.11,
        unit="%",
    )


def precision(draw: random.Random, practice: Practice) -> Question:
    level = draw.choice((0.25, 0.35, 0.45))
    warned, right = practice.at(level)
    return Question(
        Message(
            "Of the contracts with a `score` of {level} or more, what share ended? Give it in percent, with one "
            "decimal.",
            {"level": level},
        ),
        "number",
        Message('Keep the rows with `score >= {level}`, then take the mean of `left == "yes"`.', {"level": level}),
        Message("Right. This is what people who act on the warnings will experience."),
        number=100 * right / max(1, warned),
        tolerance=0.11,
        unit="%",
    )


def threshold(draw: random.Random, practice: Practice) -> Question:
    cost, value, success = 10 * draw.randint(3, 7), 100 * draw.randint(4, 9), draw.choice((0.2, 0.3, 0.4))
    levels = [round(0.1 * place, 1) for place in range(1, 10)]

    def worth(level: float) -> float:
        warned, right = practice.at(level)
        return right * value * success - warned * cost

    return Question(
        Message(
            "A call costs {cost} CNY, a customer who stays is worth {value} CNY, and {success:.0%} of the rightly "
            "warned stay. "
            "Of the thresholds 0.1, 0.2, … 0.9: how many CNY does the best one bring on your table?",
            {"cost": cost, "value": value, "success": success},
        ),
        "number",
        Message(
            "For each threshold: right × worth × share that stays − warned × cost, with the scores from the "
            "threshold on. The answer is the largest."
        ),
        Message("Right. Make it a slider in the app, so that whoever knows the costs can move it."),
        number=max(worth(level) for level in levels),
        tolerance=1.0,
        unit=Message("CNY"),
    )


def small(_: random.Random, practice: Practice) -> Question:
    people = defaultdict(set)
    for contract in practice.contracts:
        people[contract.region].add(contract.customer)
    return Question(
        Message("You show a table by region. How many different customers are in the smallest region?"),
        "number",
        Message("Count different customers for each region; the smallest count is the answer."),
        Message(
            "Right, and that is fewer than {least}: such a line must not be shown. Join it with another, or use "
            "`lab.table`.",
            {"least": SMALL},
        ),
        number=min(map(len, people.values())),
    )


def split(draw: random.Random, _: Practice) -> Question:
    right = (
        Message("All rows of a customer go to the same side."),
        Message("Customers are divided, not rows."),
    )
    wrong = (
        Message("Rows are divided by lot; with enough of them it does not matter."),
        Message("The model is checked on all rows, because that is more data."),
        Message("Each customer's first row is for learning, the second one for checking."),
        Message("Rows that the model gets wrong are moved to the learning side."),
    )
    return Question(
        Message("Some customers have two contracts. How must the table be split for learning and checking?"),
        "one",
        Message("If the model has seen the same customer before, the check is no surprise to it."),
        Message("Right. `cases.split()` keeps a unit's rows together."),
        (Option(draw.choice(right), True), *(Option(text) for text in draw.sample(wrong, 3))),
    )


def app_part(draw: random.Random, _: Practice) -> Question:
    may = [
        Option(Message("Load the model that was saved at publication."), True),
        Option(Message("Read its pinned snapshot."), True),
        Option(Message("Show a slider and calculate anew when it moves."), True),
    ]
    never = [
        Option(Message("Fit the model again each time somebody opens the app.")),
        Option(Message("Load figures from the internet.")),
        Option(Message("Write what viewers enter into a file for later.")),
        Option(Message("Load a model from a pickle file.")),
    ]
    count = draw.choice((2, 3))
    return Question(
        Message("What may cells with the tag `app` do? Choose all."),
        "several",
        Message("An app's kernel has no network and nothing to write, and it must open at once."),
        Message("Right. Fit once, in `studio`; show often, in `app`."),
        (*draw.sample(may, count), *draw.sample(never, 5 - count)),
    )


EXERCISES = (
    Exercise("units", Message("Count what matters"), units),
    Exercise("baseline", Message("The baseline first"), baseline),
    Exercise("precision", Message("What a warning is worth"), precision),
    Exercise("threshold", Message("The best threshold"), threshold),
    Exercise("small", Message("Small cells"), small),
    Exercise("split", Message("An honest split"), split),
    Exercise("app-part", Message("The app part"), app_part),
)
