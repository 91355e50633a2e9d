"""The cache keeps what was used last and never more than it may."""

from __future__ import annotations

import threading

from lib_automask.runtime.cache import ByteCache


def test_gives_back_what_was_put_in() -> None:
    cache: ByteCache[str] = ByteCache(10)
    cache.put("a", "apple", 5)
    assert cache.get("a") == "apple"
    assert cache.get("b") is None


def test_least_recently_used_makes_room() -> None:
    cache: ByteCache[int] = ByteCache(10)
    cache.put("a", 1, 4)
    cache.put("b", 2, 4)
    cache.get("a")
    cache.put("c", 3, 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
    assert cache.bytes == 8


def test_too_big_for_the_cache_is_not_kept_and_drops_nothing_else() -> None:
    cache: ByteCache[int] = ByteCache(10)
    cache.put("a", 1, 4)
    cache.put("b", 2, 11)
    assert (cache.get("a"), cache.get("b"), cache.bytes) == (1, None, 4)


def test_many_small_things_make_room_too() -> None:
    cache: ByteCache[int] = ByteCache(1000, max_entries=3)
    for number in range(10):
        cache.put(str(number), number, 1)
    assert (len(cache), cache.bytes) == (3, 3)
    assert [cache.get(str(number)) for number in (6, 7, 8, 9)] == [None, 7, 8, 9]


def test_putting_again_replaces() -> None:
    cache: ByteCache[int] = ByteCache(10)
    cache.put("a", 1, 6)
    cache.put("a", 2, 7)
    assert (cache.get("a"), cache.bytes, len(cache)) == (2, 7, 1)


def test_makes_only_what_it_does_not_have() -> None:
    cache: ByteCache[list[int]] = ByteCache(10)
    made: list[int] = []

    def make() -> list[int]:
        made.append(1)
        return [1, 2]

    for _ in range(3):
        assert cache.get_or_make("a", make, len) == [1, 2]
    assert len(made) == 1
    cache.clear()
    cache.get_or_make("a", make, len)
    assert len(made) == 2


def test_counts_right_when_threads_share_it() -> None:
    cache: ByteCache[int] = ByteCache(50)

    def work(start: int) -> None:
        for number in range(500):
            cache.put(str((start + number) % 40), number, 1 + number % 5)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < cache.bytes <= 50
    before = cache.bytes
    cache.put("more", 0, 50)
    assert (cache.bytes, len(cache), before <= 50) == (50, 1, True)


def test_of_several_questions_only_the_new_ones_are_made() -> None:
    cache: ByteCache[int] = ByteCache(100)
    made: list[list[str]] = []

    def lengths(words: list[str]) -> list[int]:
        made.append(words)
        return [len(word) for word in words]

    for words in (["one", "three"], ["three", "seven", "one"], ["one"]):
        found = cache.get_or_make_each({word: f"length of {word}" for word in words}, lengths, lambda _length: 1)
        assert list(found.items()) == [(word, len(word)) for word in words]
    assert made == [["one", "three"], ["seven"]]
    assert cache.bytes == 3
