"""What the presets hold: requests of the stories, as they are on one day and with identifiers of one run.

Must not know the form of a preset. A step is taken as it stands in its file, so none whose request needs an answer
that came before can be used: public suites send what they are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from fhir_um.stories.playing import Adapt, Request, Step, Story, load_stories, prepare


@dataclass(frozen=True, slots=True)
class Script:
    """The stories of a folder, for one version of the guides, one run and one day."""

    stories: Mapping[str, Story]
    version: str
    run: str
    today: date
    adapt: Adapt | None = None

    @classmethod
    def read(cls, folder: Path, version: str, run: str, today: date, adapt: Adapt | None = None) -> "Script":
        """Raises: StoryFault when a story cannot be read."""
        return cls({story.name: story for story in load_stories(folder)}, version, run, today, adapt)

    def body(self, story: str, step: str) -> str:
        """What that step sends, as text."""
        told = self.stories[story]
        return self._sent(told, next(each for each in told.steps if each.name == step)).body.decode()

    def hooks(self, hook: str, stories: Sequence[str]) -> tuple[str, ...]:
        """Every call of that hook in those stories."""
        told = [self.stories[name] for name in stories]
        calls = [self._sent(story, step).body.decode() for story in told for step in story.steps if step.hook]
        return tuple(call for call in calls if msgspec.json.decode(call)["hook"] == hook)

    def _sent(self, story: Story, step: Step) -> Request:
        bare = replace(step, path="", replace={})
        return prepare(story, bare, {}, self.run, self.today, self.version, self.adapt)
