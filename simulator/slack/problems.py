"""What is wrong with blocks, collected, in Slack's own words and with a pointer to the place."""

from __future__ import annotations

from typing import Any

from simulator.slack.message import Json

PLAIN, MRKDWN = ("plain_text",), ("mrkdwn", "plain_text")


class Problems(list[str]):
    """What is wrong, collected."""

    def add(self, words: str, at: str) -> None:
        self.append(f"{words} [json-pointer:{at}]")

    def longest(self, text: Any, most: int, at: str, *, least: int = 1) -> None:
        """A text, between `least` and `most` characters."""
        if not isinstance(text, str):
            self.add("must provide a string", at)
        elif len(text) < least:
            self.add(f"must be more than {least - 1} characters", at)
        elif len(text) > most:
            self.add(f"must be less than {most + 1} characters", at)

    def listed(self, items: Any, least: int, most: int, at: str) -> list[Json]:
        """A list of objects, between `least` and `most` of them; what is left to look at."""
        if not isinstance(items, list):
            self.add("must provide an array", at)
            return []
        if len(items) < least:
            self.add(f"no fewer than {least} items allowed", at)
        if len(items) > most:
            self.add(f"no more than {most} items allowed", at)
        for number, item in enumerate(items):
            if not isinstance(item, dict):
                self.add("must provide an object", f"{at}/{number}")
        return [item for item in items if isinstance(item, dict)]

    def text(self, text: Any, most: int, at: str, kinds: tuple[str, ...] = PLAIN) -> None:
        """A text object of one of the kinds."""
        if not isinstance(text, dict):
            self.add(
                "must provide an object" if text is not None else f"missing required field: {at.rpartition('/')[2]}", at
            )
        elif text.get("type") not in kinds:
            self.add(f"unsupported type: {text.get('type')}", f"{at}/type")
        else:
            self.longest(text.get("text"), most, f"{at}/text")

    def optional_text(self, holder: Json, name: str, most: int, at: str) -> None:
        if holder.get(name) is not None:
            self.text(holder[name], most, f"{at}/{name}")

    def optional(self, holder: Json, name: str, most: int, at: str, *, least: int = 0) -> None:
        if holder.get(name) is not None:
            self.longest(holder[name], most, f"{at}/{name}", least=least)
