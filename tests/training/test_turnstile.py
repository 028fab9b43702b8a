"""The turnstile: one at a time, in turn, and a holder that comes again does not wait for itself."""

import threading
import time

from pellucid.training.turnstile import Turnstile


def test_one_at_a_time() -> None:
    turnstile, inside, most = Turnstile(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turnstile:
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (inside, most) == (0, 1)


def test_who_asks_seldom_gets_a_turn_between_two_of_who_asks_at_once() -> None:
    turnstile, over = Turnstile(), threading.Event()
    turns = 0

    def busy() -> None:
        nonlocal turns
        while not over.is_set():
            with turnstile:
                turns += 1
                time.sleep(0.002)

    thread = threading.Thread(target=busy)
    thread.start()
    passed_over = []
    for _ in range(30):
        before = turns
        with turnstile:
            passed_over.append(turns - before)
        time.sleep(0.001)
    over.set()
    thread.join(30)
    # The call in progress, and the one that may have passed the gate before.
    assert max(passed_over) <= 2


def test_a_holder_comes_in_again_while_another_waits() -> None:
    turnstile = Turnstile()
    waiting, entered = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with turnstile:
            entered.set()

    def hold() -> None:
        with turnstile:
            threading.Thread(target=wait, daemon=True).start()
            waiting.wait(30)
            # Long enough for the other to stand at the gate.
            time.sleep(0.05)
            with turnstile:
                assert not entered.is_set()
            assert not entered.is_set()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    holder.join(10)
    assert not holder.is_alive()
    assert entered.wait(10)


def test_an_error_inside_gives_the_turn_on() -> None:
    turnstile = Turnstile()
    try:
        with turnstile:
            raise RuntimeError("broke")
    except RuntimeError:
        pass
    thread = threading.Thread(target=turnstile.__enter__, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
