# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the records and the limits: batches fit, and every record has one end."""

from __future__ import annotations

import math
import threading
import time

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import AccessRefused, OutcomeUnknown, ParameterRefused
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.send.batch import (
    CREDENTIALS,
    LEAST_MAX_INPUT_VARS,
    REFUSED,
    TAKEN,
    UNKNOWN,
    UNTRIED,
    Bulk,
    batches,
)
from hypothesis import given
from hypothesis import strategies as st

#: (cost, whether the server refuses it), many at a time.
RECORDS = st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=120)


class Site:
    """A server that refuses a request with a bad record, stops there, and cuts a request off at a limit.

    silent: whether what is cut off goes unnoticed (whole records vanish), instead of the request being refused.
    """

    def __init__(self, records, limit, silent):
        self.records, self.limit, self.silent = records, limit, silent
        self.taken, self.calls, self.sizes = set(), 0, []

    def cost(self, number):
        return self.records[number][0]

    def size(self, numbers):
        return CREDENTIALS + sum(map(self.cost, numbers))

    def take(self, numbers):
        self.calls += 1
        self.sizes.append(self.size(numbers))
        seen = list(numbers)
        while len(seen) > 1 and self.size(seen) > self.limit:
            seen.pop()
        if len(seen) < len(numbers) and not self.silent:
            raise ParameterRefused("cut off", errorcode="invalidparameter")
        for number in seen:
            if self.records[number][1]:
                raise ParameterRefused("bad", errorcode="invalidparameter")
            self.taken.add(number)
        return len(seen)


@given(st.lists(st.integers(1, 50)), st.lists(st.integers(1, 200), min_size=1))
def test_batches_hold_each_record_once_in_order_and_fit(costs, rooms):
    asked = []

    def room():
        asked.append(rooms[len(asked) % len(rooms)])
        return asked[-1]

    made = list(batches(range(len(costs)), costs.__getitem__, room))
    assert [number for batch in made for number in batch] == list(range(len(costs)))
    for batch, limit in zip(made, asked):
        assert len(batch) == 1 or sum(costs[number] for number in batch) <= limit
    # None could have been filled further.
    for batch, following, limit in zip(made, made[1:], asked):
        assert sum(costs[number] for number in batch) + costs[following[0]] > limit


@given(RECORDS, st.integers(20, 400), st.integers(40, 400))
def test_every_record_ends_once_as_it_should(records, assumed, limit):
    site = Site(records, limit, silent=False)
    ends = list(Bulk(site.take, site.cost, assumed).run(range(len(records))))
    assert sorted(number for number, _error, _tried in ends) == list(range(len(records)))
    assert {number for number, error, _tried in ends if error} == {n for n, (_cost, bad) in enumerate(records) if bad}
    assert site.taken >= {number for number, error, _tried in ends if error is None}
    assert all(size <= max(assumed, CREDENTIALS + 30) for size in site.sizes)


@given(st.lists(st.integers(1, 30), max_size=200), st.integers(100, 400), st.integers(70, 400))
def test_what_was_cut_off_in_silence_is_sent_again(costs, assumed, limit):
    site = Site([(cost, False) for cost in costs], limit, silent=True)
    lowered = []
    ends = list(Bulk(site.take, site.cost, assumed, lowered=lowered.append).run(range(len(costs))))
    assert [number for number, error, _tried in ends if error is None] == list(range(len(costs)))
    assert site.taken == set(range(len(costs)))
    assert all(site.size([]) < low <= limit for low in lowered) and lowered == sorted(lowered, reverse=True)


@given(RECORDS, st.integers(20, 400), st.integers(40, 400), st.booleans(), st.integers(2, 8))
def test_at_a_time_as_in_turn(records, assumed, limit, silent, lanes):
    limit = max(limit, 70) if silent else limit
    ends = []
    for site, number in ((Site(records, limit, silent), 1), (Site(records, limit, silent), lanes)):
        told = Bulk(site.take, site.cost, assumed, lanes=number).run(range(len(records)))
        ends.append([(record, error is None) for record, error, _tried in told])
        assert site.taken >= {record for record, taken in ends[-1] if taken}
    assert sorted(ends[0]) == sorted(ends[1])


@given(st.lists(st.integers(0, 9), max_size=80), st.integers(2, 8))
def test_no_two_requests_at_a_time_write_to_one_place(places, lanes):
    lock, writing, most = threading.Lock(), [], []

    def send(numbers):
        mine = {places[number] for number in numbers}
        with lock:
            assert not any(mine & others for others in writing)
            writing.append(mine)
            most.append(len(writing))
        time.sleep(0.0002)
        with lock:
            writing.remove(mine)

    bulk = Bulk(send, lambda number: 8, LEAST_MAX_INPUT_VARS, lanes=lanes, place=places.__getitem__)
    assert [number for number, error, _tried in bulk.run(range(len(places))) if error is None] == list(range(len(places)))
    assert max(most, default=0) <= lanes


@given(RECORDS, st.integers(20, 400), st.integers(1, 8), st.data())
def test_what_is_told_before_a_break_is_true(records, assumed, lanes, data):
    """The connection breaks after a request. What was yielded was taken; what was taken unsaid was in a request without a good answer."""
    site = Site(records, 10**6, silent=False)
    breaks, lost = data.draw(st.integers(1, 6)), set()

    def send(numbers):
        try:
            return site.take(numbers)
        except ParameterRefused:
            lost.update(numbers)
            raise
        finally:
            if site.calls >= breaks:
                lost.update(numbers)
                raise OutcomeUnknown("gone")

    told = set()
    try:
        for number, error, _tried in Bulk(send, site.cost, assumed, lanes=lanes).run(range(len(records))):
            if error is None:
                told.add(number)
    except OutcomeUnknown:
        assert told <= site.taken
        assert site.taken - told <= lost
    else:
        assert site.calls < breaks and told == site.taken


@given(st.integers(1, 400), st.data())
def test_one_bad_record_is_found_in_few_calls(number, data):
    bad = data.draw(st.integers(0, number - 1))
    site = Site([(1, place == bad) for place in range(number)], 1000, silent=False)
    ends = list(Bulk(site.take, site.cost, 1000).run(range(number)))
    assert [place for place, error, _tried in ends if error] == [bad]
    assert site.calls <= 1 + 2 * math.ceil(math.log2(number) if number > 1 else 0)


@given(st.integers(2, 300), st.integers(0, 300))
def test_a_hopeless_group_is_given_up(bad, good):
    records = [(10, True)] * bad + [(10, False)] * good
    site = Site(records, 1000, silent=False)
    bulk = Bulk(site.take, site.cost, 1000, group=lambda number: number < bad)
    ends = list(bulk.run(range(len(records))))
    assert len(ends) == len(records) and sum(1 for _number, error, _tried in ends if error) == bad
    assert sum(end.becomes == UNTRIED for end in ends) == bad - 2
    # Two ways down by halving, and the batches of the others.
    assert site.calls <= 2 * 2 * math.ceil(math.log2(99)) + math.ceil(good / 99)


# -- errors that come after the work ------------------------------------------------------------------------------------

GOOD, BAD, LATE = "good", "bad", "late"
FATES = st.lists(st.sampled_from([GOOD, GOOD, GOOD, BAD, LATE]), max_size=60)


class Stopping:
    """A server that works through a request until a record is refused, or until one is done whose doing ends in an error.

    atomic: whether a refused request leaves nothing done, the end by a late error excepted. seen: whether somebody may look.
    """

    def __init__(self, fates, *, atomic=False, seen=True):
        self.fates, self.atomic, self.seen = fates, atomic, seen
        self.done, self.sent, self.looks, self.in_vain = set(), [], 0, []

    def take(self, numbers):
        self.sent.append(list(numbers))
        self.in_vain += [number for number in numbers if number in self.done]
        before = set(self.done)
        for number in numbers:
            if self.fates[number] == BAD:
                if self.atomic:
                    self.done.intersection_update(before)
                raise ParameterRefused("bad", errorcode="invalidparameter")
            self.done.add(number)
            if self.fates[number] == LATE:
                raise ParameterRefused("late", errorcode="invalidparameter")
        return len(numbers)

    def look(self, numbers):
        self.looks += 1
        return [number in self.done if self.seen else None for number in numbers]


@given(FATES, st.integers(20, 200), st.booleans(), st.booleans(), st.integers(1, 3), st.integers(1, 3))
def test_what_is_said_of_every_record_is_so(fates, limit, atomic, repeatable, groups, lanes):
    site = Stopping(fates, atomic=atomic)
    bulk = Bulk(
        site.take, lambda number: 8, limit, look=site.look, repeatable=repeatable, lanes=lanes, group=lambda number: number % groups
    )
    ends = list(bulk.run(range(len(fates))))
    assert sorted(end.record for end in ends) == list(range(len(fates))) and not bulk.open
    assert {end.record for end in ends if end.becomes == TAKEN} == site.done
    assert all(fates[end.record] == BAD for end in ends if end.becomes == REFUSED)
    assert all(end.becomes in (TAKEN, REFUSED, UNTRIED) for end in ends)
    # Whoever was given up was so for others of his group, none of whom was done.
    given_up = {end.record % groups for end in ends if end.becomes == UNTRIED}
    assert not given_up & {number % groups for number in site.done}
    if lanes == 1:
        assert site.in_vain == [], "sent again what was in place"


@given(FATES, st.integers(20, 200), st.booleans())
def test_where_nobody_can_look_nothing_is_called_refused(fates, limit, repeatable):
    site = Stopping(fates, seen=False)
    bulk = Bulk(site.take, lambda number: 8, limit, look=site.look, repeatable=repeatable, group=lambda number: 0)
    ends = list(bulk.run(range(len(fates))))
    assert sorted(end.record for end in ends) == list(range(len(fates)))
    assert {end.becomes for end in ends} <= {TAKEN, UNKNOWN}
    assert {end.record for end in ends if end.becomes == TAKEN} <= site.done
    if repeatable:
        # All are sent nevertheless.
        assert site.done == {number for number, fate in enumerate(fates) if fate != BAD}
    else:
        assert len([number for numbers in site.sent for number in numbers]) == len(fates), "sent again what may have been done"


@given(FATES, st.integers(1, 8), st.integers(1, 3), st.sampled_from([True, False]), st.data())
def test_of_what_is_lost_nothing_is_claimed(fates, breaks, lanes, after, data):
    """From a call on, no answer arrives; looks may work or not."""
    site, blind = Stopping(fates), data.draw(st.booleans())

    def send(numbers):
        if len(site.sent) + 1 < breaks:
            return site.take(numbers)
        if after:
            site.take(numbers)
        raise OutcomeUnknown("gone")

    def look(numbers):
        if blind:
            raise OutcomeUnknown("gone too")
        return site.look(numbers)

    bulk, ends = Bulk(send, lambda number: 8, 40, look=look, lanes=lanes), []
    try:
        for end in bulk.run(range(len(fates))):
            ends.append(end)
    except OutcomeUnknown:
        sent = {number for numbers in site.sent for number in numbers}
        assert site.done <= {end.record for end in ends if end.becomes == TAKEN} | bulk.open
        assert not after or bulk.open <= sent
    assert {end.record for end in ends if end.becomes == TAKEN} <= site.done
    assert all(end.record not in site.done for end in ends if end.becomes == REFUSED)


def test_what_was_refused_for_another_reason_than_its_records_was_not_done():
    def send(numbers):
        raise AccessRefused("no", errorcode="accessexception")

    bulk = Bulk(send, lambda number: 8, 40, look=lambda numbers: [None] * len(numbers))
    with pytest.raises(AccessRefused):
        list(bulk.run(range(9)))
    assert not bulk.open


@given(st.integers(1, 400), st.integers(1, 4))
def test_a_group_whose_errors_come_after_the_work_takes_a_request_each_and_few_looks(number, lanes):
    site = Stopping([LATE] * number)
    bulk = Bulk(site.take, lambda number: 8, 404, look=site.look, lanes=lanes, group=lambda number: 0)
    assert [end.becomes for end in bulk.run(range(number))] == [TAKEN] * number
    assert len(site.sent) <= number + math.ceil(number / 50) and site.looks <= 3 + 2 * math.ceil(number / 50)


@given(st.integers(2, 400), st.data())
def test_one_bad_record_is_found_in_three_calls_where_somebody_looks(number, data):
    bad = data.draw(st.integers(1, number - 1))
    site = Stopping([BAD if place == bad else GOOD for place in range(number)])
    ends = list(Bulk(site.take, lambda record: 1, 1000, look=site.look).run(range(number)))
    assert [end.record for end in ends if end.becomes == REFUSED] == [bad]
    assert len(site.sent) <= 3 and site.looks <= 2
