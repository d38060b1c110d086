"""The exercises of *first steps*: open, map, read a result, submit."""

from __future__ import annotations

import random

from sandbox.core.messages import Message
from sandbox.learning.practice import Practice
from sandbox.learning.question import Exercise, Option, Question, Table


def safe_data(draw: random.Random, _: Practice) -> Question:
    right = [
        Option(Message("Try a wrong setting and start again; nothing in the company's systems changes."), True),
        Option(Message("Show colleagues a result that was examined and approved."), True),
        Option(Message("Ask a data steward for a column that is missing."), True),
    ]
    wrong = [
        Option(Message("Find out with the help of other lists who the person behind a pseudonym is.")),
        Option(Message("Copy single rows into an e-mail because they look interesting.")),
        Option(Message("Write a customer's name into the title of a project so that it is easier to find.")),
    ]
    options = (*draw.sample(right, 2), *draw.sample(wrong, 2))
    return Question(
        Message("Which of these may you do here? Choose all that fit."),
        "several",
        Message(
            "The data cannot hurt anyone as long as nobody tries to find a person in them, and single rows stay here."
        ),
        Message("Exactly. Trying is free; looking for persons, and carrying rows away, is not."),
        options,
    )


def mapping(draw: random.Random, _: Practice) -> Question:
    roles = {
        "customer": (Message("Customer (pseudonym)"), Message("the unit: who or what a row is about")),
        "left": (Message("Has the customer left?"), Message("the outcome: what is to be foreseen")),
        "signed_on": (Message("Day of signing"), Message("the time: when it was so")),
    }
    others = (
        ("calls", Message("Calls to the hotline")),
        ("fee", Message("Monthly fee")),
        ("region", Message("Region")),
    )
    wanted = draw.choice(sorted(roles))
    columns = [(name, text) for name, (text, _) in roles.items()] + list(draw.sample(others, 2))
    draw.shuffle(columns)
    return Question(
        Message("You want to know who is about to leave. Which column is {role}?", {"role": roles[wanted][1]}),
        "one",
        Message("Ask of each column: does it name whom it is about, say what happened, or say when?"),
        Message("Right. The other columns are facts: what is known before it happens."),
        tuple(Option(Message("{column}: {text}", {"column": n, "text": text}), n == wanted) for n, text in columns),
    )


def customers(_: random.Random, practice: Practice) -> Question:
    return Question(
        Message("See “Look at the data” in your practice notebook: how many different customers are in your table?"),
        "number",
        Message("Rows are contracts, and some customers have two. The second figure counts customers."),
        Message("Right. Rows and customers are not the same; whatever protects people counts people."),
        number=practice.customers,
    )


def share_left(_: random.Random, practice: Practice) -> Question:
    return Question(
        Message("What share of the contracts in your practice table ended? Give it in percent."),
        "number",
        Message("It stands beside the number of customers: the third figure under “Look at the data”."),
        Message("Right. Remember it: a model has to be better than what this share alone tells."),
        number=100 * practice.leavers,
        tolerance=1.0,
        unit="%",
    )


def reading(draw: random.Random, _: Practice) -> Question:
    warned = 10 * draw.randint(12, 30)
    right = round(warned * draw.uniform(0.45, 0.75))
    missed = draw.randint(30, 90)
    wanted = draw.choice(("right", "found"))
    asked = {
        "right": (
            Message("Of 100 customers that the model warns of, how many really leave?"),
            Message("Only the warned count: divide those who left among them by all who were warned."),
            100 * right / warned,
        ),
        "found": (
            Message("Of 100 customers who really leave, how many does the model warn of?"),
            Message("Only those who left count: the warned and the missed ones together."),
            100 * right / (right + missed),
        ),
    }[wanted]
    return Question(
        Message("This is the result of a model on customers that it had never seen. {asked}", {"asked": asked[0]}),
        "number",
        asked[1],
        Message("Right. These are two different questions; a good result answers both."),
        table=Table(
            (Message("Customers"), Message("left"), Message("stayed")),
            (
                (Message("warned"), str(right), str(warned - right)),
                (Message("not warned"), str(missed), str(draw.randint(700, 1400))),
            ),
        ),
        number=asked[2],
        tolerance=1.0,
    )


def finding(draw: random.Random, _: Practice) -> Question:
    cases = (
        (
            Message("A table shows a group of 4 customers."),
            Message("Put small groups together, so that each shown figure stands for at least ten."),
        ),
        (
            Message("An output shows what looks like a mobile number."),
            Message("Take that column out of what is shown."),
        ),
        (
            Message("The model is not better than its baseline."),
            Message("Use the plain rule, or give the model more telling facts."),
        ),
    )
    found, remedy = draw.choice(cases)
    others = [other for what, other in cases if what is not found]
    return Question(
        Message("The examination of your submission says: “{finding}” What do you do?", {"finding": found}),
        "one",
        Message("Every finding says what to mend. Nothing is lost by mending and submitting again."),
        Message("Right. Mend it, run all, submit again."),
        (
            Option(remedy, True),
            *(Option(other) for other in others),
            Option(Message("Submit again unchanged; another reviewer may see it differently.")),
        ),
    )


def submitted(_: random.Random, __: Practice) -> Question:
    return Question(
        Message(
            "Now do it: start a project from a template, run it, and submit it for review. Then press the button here."
        ),
        "done",
        Message(
            "No submission of yours has arrived yet. On the start page pick a card; the button “Submit for review” "
            "is above the notebook."
        ),
        Message("Your submission has arrived. Its examination and the reviewer's answer come to your start page."),
    )


EXERCISES = (
    Exercise("safe-data", Message("What may I do here?"), safe_data),
    Exercise("mapping", Message("Say which column is which"), mapping),
    Exercise("customers", Message("Rows and customers"), customers),
    Exercise("share-left", Message("How often does it happen?"), share_left),
    Exercise("reading", Message("Read a result"), reading),
    Exercise("finding", Message("What the examination says"), finding),
    Exercise("submitted", Message("Submit something"), submitted),
)
