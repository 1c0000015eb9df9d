"""Plans of experiments: the runs to make, read for what they can tell.

A plan is a list of runs, and a run is a dict of its settings:

    [dict(warmup=0, seed=0, scored_on="held-out"), dict(warmup=400, seed=0, scored_on="held-out")]

There are many sound plans, so a plan is not compared with one; its first flaw is.
"""

import itertools
from dataclasses import dataclass, field

from lesson.exercises.judging.exercise import Mistake

SEEDS = 3  # fewer runs of one kind cannot tell an effect from luck


def runs(**settings: tuple) -> list[dict]:
    """A run for every combination of the values."""
    return [dict(zip(settings, values)) for values in itertools.product(*settings.values())]


def flawed(name: str, plan: list[dict], hint: str) -> Mistake:
    """A plan that people really make, and what to tell them."""
    return Mistake(name, lambda: plan, hint)


@dataclass(frozen=True)
class Question:
    """What an experiment is about.

    setting: the one that has to vary
    choices: setting → the values it may take, the seed left out
    needs: setting → the value without which no run answers the question
    control: the value of the setting that others are held against, if that has to be a certain one
    """

    setting: str
    choices: dict[str, tuple]
    needs: dict[str, object] = field(default_factory=dict)
    control: object = None

    def read(self, plan: object) -> str:
        """The plan by its first flaw, or "A sound plan"."""
        if not isinstance(plan, (list, tuple)) or not plan:
            return "A plan that is not a list of runs"
        found = (flaw for run in plan for flaw in self.flaws_of_run(run))
        return next(itertools.chain(found, self.flaws_of_plan(plan)), "A sound plan")

    def flaws_of_run(self, run: object):
        """What is wrong with one run by itself."""
        names = {*self.choices, "seed"}
        if not isinstance(run, dict) or run.keys() != names:
            yield f"A run without exactly the settings {', '.join(sorted(names))}"
            return
        for name, choices in self.choices.items():
            if run[name] not in choices:
                yield f"A run whose {name} is none of {', '.join(map(str, choices))}"
        if not isinstance(run["seed"], int):
            yield "A run whose seed is no whole number"

    def flaws_of_plan(self, plan: list[dict]):
        """What is wrong with the runs together."""
        varied = {name for name in self.choices if len({run[name] for run in plan}) > 1}
        if len(varied) > 1:
            yield f"A plan that varies {' and '.join(sorted(varied))} at once"
        if varied and varied != {self.setting}:
            yield f"A plan that varies {' and '.join(varied)}"
        if self.control is not None and all(run[self.setting] != self.control for run in plan):
            yield f"A plan without {self.setting} = {self.control}, the control,"
        if not varied:
            yield "A plan that varies nothing"
        for name, value in self.needs.items():
            if any(run[name] != value for run in plan):
                yield f"A plan with {name} = {plan[0][name]}"
        yield from self.flaws_of_seeds(plan)

    def flaws_of_seeds(self, plan: list[dict]):
        """Too few runs to tell an effect from luck, or other luck on each side."""
        seeds = {}
        for run in plan:
            seeds.setdefault(run[self.setting], set()).add(run["seed"])
        if min(map(len, seeds.values())) < SEEDS:
            yield f"A plan with fewer than {SEEDS} seeds for each {self.setting}"
        if len(set(map(frozenset, seeds.values()))) > 1:
            yield f"A plan whose seeds differ from one {self.setting} to the next"
