// A team of threads that take a step together.
//
// The caller is thread 0. The others sleep between two calls of `run`; within one they meet at barriers, for which
// they wait actively: a step of a small network is over before a sleeping thread would have woken up.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pellucid {

class Barrier {
public:
    // How many meet from now on; nobody may be waiting.
    void expect(int size) {
        size_ = size;
        came_.store(0, std::memory_order_relaxed);
    }

    // Returns when all `size` threads have come; what they wrote before is visible after.
    void meet() {
        if (size_ == 1) return;
        const unsigned round = round_.load(std::memory_order_relaxed);
        if (came_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
            came_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            round_.notify_all();
            return;
        }
        // Some 40 us of waiting actively. No pause instruction: a hypervisor takes many of them for a reason to stop us,
        // and a step took twice as long. Then asleep, not yielding: who yields keeps its processor, and where two of us
        // share one they went on doing so beside an idle one; who is woken up is put on the idle one.
        for (int spins = 0; spins < 50000; ++spins)
            if (round_.load(std::memory_order_acquire) != round) return;
        round_.wait(round, std::memory_order_acquire);
    }

private:
    int size_ = 1;
    alignas(64) std::atomic<int> came_{0};
    alignas(64) std::atomic<unsigned> round_{0};
};

class Team {
public:
    Team() = default;
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    Barrier& barrier() { return barrier_; }

    // Call work(thread) for thread 0 .. size - 1, each in its own; returns when all have, and throws what one of them
    // has thrown. Work whose threads meet must not throw: the others would wait. One call at a time.
    void run(int size, const std::function<void(int)>& work);

private:
    void start(int size);
    // Give up the threads of a process that this one was forked from.
    void forget();
    // Do what `run` asks for, from the first call after the `seen`th.
    void serve(int thread, unsigned seen);
    void attempt(int thread) noexcept;

    int size_ = 1;  // of the call in progress
    Barrier barrier_;
    const std::function<void(int)>* work_ = nullptr;
    std::atomic<unsigned> calls_{0};
    std::atomic<int> busy_{0};
    std::atomic<bool> ending_{false};
    std::exception_ptr thrown_;
    std::mutex throwing_;
    long owner_ = 0;  // the process that has the threads: a child of fork has none of them
    std::vector<std::thread> threads_;
};

}  // namespace pellucid
