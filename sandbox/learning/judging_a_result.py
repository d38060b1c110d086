"""The exercises of *judging a result*: baseline, threshold, false alarms, fairness, when to say no."""

from __future__ import annotations

import random

from sandbox.core.messages import Message
from sandbox.learning.practice import Practice
from sandbox.learning.question import Exercise, Option, Question, Table

_NONE = Message("None of them")


def baseline(draw: random.Random, _: Practice) -> Question:
    cases = 100 * draw.randint(12, 60)
    share = draw.randint(4, 15)
    happened = cases * share // 100
    model = 100 - share - draw.uniform(0.2, 1.5)
    return Question(
        Message(
            "A model foresees which of {cases} machines stop. {happened} of them did. The model was right in "
            "{model:.1f} % of the cases. "
            "In how many percent is the plain rule “no machine stops” right?",
            {"cases": cases, "happened": happened, "model": model},
        ),
        "number",
        Message("The rule is right for every machine that did not stop. Divide their number by all."),
        Message("Right. The model looked impressive and is worse than doing nothing: always ask for the baseline."),
        number=100 * (cases - happened) / cases,
        tolerance=0.5,
        unit="%",
    )


def better(draw: random.Random, _: Practice) -> Question:
    names = [Message("Project A"), Message("Project B"), Message("Project C")]
    winner = draw.choice((0, 1, 2, None))
    rows = []
    for place, name in enumerate(names):
        base = draw.uniform(0.62, 0.74)
        gap = draw.uniform(0.05, 0.09) if place == winner else draw.uniform(0.01, 0.03)
        half = draw.uniform(0.015, 0.03) if place == winner else gap + draw.uniform(0.01, 0.03)
        model = base + gap
        rows.append((name, f"{base:.2f}", f"{model:.2f}", f"{model - half:.2f} – {model + half:.2f}"))
    draw.shuffle(rows)
    return Question(
        Message(
            "Three projects show how well they tell cases apart (1 is perfect). Which one is clearly better than "
            "its baseline?"
        ),
        "one",
        Message("The model's interval says where the true value may be. It must lie above the baseline as a whole."),
        Message("Right. A better figure alone is not enough; the interval must leave the baseline behind."),
        (*(Option(name, place == winner) for place, name in enumerate(names)), Option(_NONE, winner is None)),
        table=Table(
            (Message("Project"), Message("Baseline"), Message("Model"), Message("Interval of the model")), tuple(rows)
        ),
        ordered=True,
    )


def threshold(draw: random.Random, _: Practice) -> Question:
    cost, value = 10 * draw.randint(2, 6), 100 * draw.randint(3, 8)
    success = draw.choice((0.2, 0.25, 0.3))
    happened = draw.randint(180, 260)
    rows: list[tuple[float, int, int]] = []
    for level, found, precision in ((0.1, 0.92, 0.14), (0.3, 0.74, 0.34), (0.5, 0.48, 0.55), (0.7, 0.2, 0.78)):
        right = round(happened * found * draw.uniform(0.94, 1.06))
        rows.append((level, round(right / (precision * draw.uniform(0.9, 1.1))), right))
    worth = {level: right * value * success - warned * cost for level, warned, right in rows}
    best = max(worth, key=lambda level: worth[level])
    return Question(
        Message(
            "A call costs {cost} CNY. A customer who stays is worth {value} CNY, and {success:.0%} of the rightly "
            "warned stay because of the call. "
            "From which risk on should people be called?",
            {"cost": cost, "value": value, "success": success},
        ),
        "one",
        Message("For each line: (left among them × share that stays × worth of one) − (warned × cost of a call)."),
        Message(
            "Right. The threshold follows from costs and worth, not from the model; whoever decides must know both."
        ),
        tuple(Option(Message("from {level:.0%} on", {"level": level}), level == best) for level, _, _ in rows),
        table=Table(
            (Message("Warned from a risk of"), Message("Warned"), Message("left among them")),
            tuple((f"{level:.0%}", str(warned), str(right)) for level, warned, right in rows),
        ),
        ordered=True,
    )


def alarms(draw: random.Random, _: Practice) -> Question:
    warned = 10 * draw.randint(8, 40)
    wrong = round(warned * draw.uniform(0.2, 0.6))
    per_week = draw.randint(2, 9)
    return Question(
        Message(
            "{warned} expense claims were held back, {right} of them for a good reason. The team can look at {week} "
            "false alarms a week. "
            "Of 100 claims that are held back, how many are false alarms?",
            {"warned": warned, "right": warned - wrong, "week": per_week},
        ),
        "number",
        Message("False alarms are those held back without a good reason. Divide them by all that were held back."),
        Message(
            "Right. False alarms are people's time and patience: ask who pays for them, and whether they can be borne."
        ),
        number=100 * wrong / warned,
        tolerance=1.0,
    )


def fairness(draw: random.Random, _: Practice) -> Question:
    groups = [Message("under 30"), Message("30 to 50"), Message("over 50")]
    worst, decoy = draw.sample(range(3), 2)
    rows = []
    for place, name in enumerate(groups):
        good = 10 * draw.randint(30, 60)
        bad = round(good * (draw.uniform(0.5, 0.6) if place == decoy else draw.uniform(0.05, 0.15)))
        refused_good = round(good * (draw.uniform(0.28, 0.36) if place == worst else draw.uniform(0.08, 0.13)))
        refused = refused_good + round(bad * 0.9)
        rows.append((name, str(good + bad), str(refused), str(good), str(refused_good)))
    return Question(
        Message("A model refuses credit. Among customers who would have paid back, which group is refused too often?"),
        "one",
        Message("Look only at those who would have paid back: what share of them is refused in each group?"),
        Message("Right. Many refusals alone prove nothing; that equally good customers are refused more often does."),
        tuple(Option(name, place == worst) for place, name in enumerate(groups)),
        table=Table(
            (
                Message("Age group"),
                Message("All"),
                Message("refused"),
                Message("would have paid back"),
                Message("of these refused"),
            ),
            tuple(rows),
        ),
        ordered=True,
    )


def saying_no(draw: random.Random, _: Practice) -> Question:
    no = [
        Option(
            Message("The model knows the date of the cancellation, which is written only after the customer has left."),
            True,
        ),
        Option(Message("The figures were measured on the same cases from which the model learned."), True),
        Option(Message("The app decides on credit by itself; no person sees the refused cases."), True),
        Option(Message("A table shows the salaries of a team of three."), True),
        Option(Message("Nobody can say who will use the result or what they will do differently."), True),
    ]
    yes = [
        Option(
            Message(
                "The model is only a little better than the baseline, says so, and what it saves is worth more than "
                "it costs."
            )
        ),
        Option(Message("The project uses a plain rule instead of a model, because the rule was as good.")),
        Option(Message("The author writes down for whom the result must not be used.")),
        Option(Message("One case in five is sent to a person because the model is not sure.")),
    ]
    count = draw.choice((2, 3))
    return Question(
        Message("Which of these submissions do you send back? Choose all."),
        "several",
        Message(
            "Send back what is not honest (it knew the answer), not safe (few people, no person decides) or not "
            "useful. Being modest is no fault."
        ),
        Message("Right. A “no” with reasons is help: say what is missing and what would make it a yes."),
        (*draw.sample(no, count), *draw.sample(yes, 5 - count)),
    )


def reasons(draw: random.Random, _: Practice) -> Question:
    right = (
        Message("“Please leave out the closing date: it is known only afterwards. Then submit again.”"),
        Message("“Please join the groups below ten people in the second table. The rest is fine.”"),
        Message("“Please show the result on the last three months, which the model has not seen.”"),
    )
    wrong = (
        Message("“Not convincing.”"),
        Message("“Another department already has something similar.”"),
        Message("“I would have used another algorithm.”"),
        Message("“Please make it better.”"),
    )
    return Question(
        Message("Which of these reasons helps the author most?"),
        "one",
        Message("A good reason names the place, says what is wrong with it, and what would make it right."),
        Message("Right. The author can act on it at once, and the next reviewer can see whether it was done."),
        (Option(draw.choice(right), True), *(Option(text) for text in draw.sample(wrong, 3))),
    )


EXERCISES = (
    Exercise("baseline", Message("Better than what?"), baseline),
    Exercise("better", Message("Better, or just lucky?"), better),
    Exercise("threshold", Message("Where to draw the line"), threshold),
    Exercise("alarms", Message("False alarms"), alarms),
    Exercise("fairness", Message("Is it fair?"), fairness),
    Exercise("saying-no", Message("When to say no"), saying_no),
    Exercise("reasons", Message("How to say no"), reasons),
)
