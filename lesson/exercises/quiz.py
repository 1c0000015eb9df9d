"""`quiz("first_row")`: a question to answer with a click, or from Python.

Every answer is told why it is right or wrong, and one may go on and try the others. JupyterLab
sets the mathematics, as in its own text.
"""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from anywidget import AnyWidget
from ipywidgets import Button, HBox, HTMLMath, Layout, VBox

from lesson.exercises.questions import Question, find_question
from lesson.exercises.record import note

SEEN = {True: ("✓", "success"), False: ("✗", "")}  # a sign and a look for the button


@dataclass(frozen=True, repr=False)
class Verdict:
    """What came of one answer."""

    letter: str
    right: bool
    why: str

    def __repr__(self) -> str:
        return f"{self.letter} is {'right' if self.right else 'not it'}. {self.why}"

    def _repr_markdown_(self) -> str:
        return f"**{self.letter} is {'right' if self.right else 'not it'}.** {self.why}"


class Keys(AnyWidget):
    """Shows nothing; gives the keys to the quiz that it stands in."""

    _esm = Path(__file__).with_suffix(".js")


class Quiz(VBox):
    """A question, a button for each answer, and what there is to say about the one chosen."""

    def __init__(self, question: Question):
        self.question = question
        self.buttons = {letter: Button(description=letter) for letter in question.options}
        self.verdict = HTMLMath()
        rows = [self.row(letter, button) for letter, button in self.buttons.items()]
        asked = HTMLMath(f"<b>{as_html(question.text)}</b>")
        super().__init__([asked, *rows, self.verdict, Keys()])
        self.add_class("quiz")
        self.verdict.add_class("verdict")

    def row(self, letter: str, button: Button) -> HBox:
        """A button and the answer beside it."""
        text = self.question.options[letter].text
        button.layout, button.tooltip = Layout(width="4em", flex="none"), f"Answer {letter}: {text}"
        button.on_click(lambda _: self.answer(letter))
        return HBox([button, HTMLMath(as_html(text))], layout=Layout(align_items="center"))

    def answer(self, letter: str) -> Verdict:
        """Choose an answer, by click or by its letter, and hear why it is right or wrong.

        Raises ValueError for a letter without an answer.
        """
        options = self.question.options
        if letter not in options:
            raise ValueError(
                f"there is no answer {letter!r}; this quiz has {len(options)}: choose one of "
                f"{', '.join(options)}."
            )
        right = letter == self.question.right
        note("quizzes", self.question.name, right)
        verdict = Verdict(letter, right, options[letter].why)
        sign, self.buttons[letter].button_style = SEEN[right]
        self.buttons[letter].description = f"{letter} {sign}"
        self.verdict.value = as_html(repr(verdict))
        return verdict

    def __repr__(self) -> str:
        answers = [f"  {letter}  {option.text}" for letter, option in self.question.options.items()]
        ask = f'Answer with a button, or with quiz("{self.question.name}").answer("a").'
        return "\n".join([self.question.text, *answers, ask])

    def _repr_mimebundle_(self, **kwargs):
        """The live quiz, and the question with its answers for pages without a kernel."""
        options = self.question.options.items()
        answers = "\n".join(f"- **{letter}** {option.text}" for letter, option in options)
        page = f"**{self.question.text}**\n\n{answers}"
        return super()._repr_mimebundle_(**kwargs) | {
            "text/plain": repr(self),
            "text/markdown": page,
        }


def quiz(name: str) -> Quiz:
    """A question of the course, ready to be answered.

    Raises ValueError when no quiz has that name.
    """
    return Quiz(find_question(name))


def as_html(text: str) -> str:
    """Text for a page: `…` becomes code, everything else is shown as it is."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))
