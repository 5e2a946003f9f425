# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What random jobs are made of: a generator with short forms, and words."""

from __future__ import annotations

import random

FIRST = ("Zoé", "Jürgen", "Ada", "Seán", "Đặng", "李", "Anna-Lena", "Ó", "José", "Marie Claire")
LAST = ("Müller", "O'Brien", "Lovelace", "García Márquez", "d'Été", "伟", "Ng", "von und zu", "Šimůnek", "R&D")
CITIES = ("Paris", "Zürich", "", "Łódź", "New York")
ROLES = ("student", "student", "student", "teacher", "editingteacher")
GROUPS = ("Group A", "Groupe é", "R&D", "G1")
PAST, FUTURE = "2024-09-01 08:00:00", "2031-02-28 23:59:59"


class Chance(random.Random):
    def of(self, percent):
        """True in so many of a hundred cases."""
        return self.random() * 100 < percent

    def pick(self, *weighted):
        """One of (weight, value)."""
        return self.choices([value for _weight, value in weighted], [weight for weight, _value in weighted])[0]

    def some(self, values, percent):
        """Those of the values that chance takes, each in so many of a hundred cases."""
        return [value for value in values if self.of(percent)]
