// One thread after the other: who asks gets its turn after the call in progress, even if that thread asks again at once.
#pragma once

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#if defined(_WIN32)
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

namespace pellucid {

class Turnstile {
public:
    // Whether it was free; then this thread is inside.
    bool try_enter() {
        refuse_reentry();
        if (!door_.try_lock()) return refuse_orphan();
        const bool free = room_.try_lock();
        door_.unlock();
        return free ? mark() : refuse_orphan();
    }

    // Wait at the door, which is closed while another waits, then for the room.
    void enter() {
        const std::lock_guard<std::mutex> next(door_);
        room_.lock();
        mark();
    }

    void leave() {
        inside_.store(std::thread::id(), std::memory_order_relaxed);
        room_.unlock();
    }

private:
    bool mark() {
        process_.store(long(getpid()), std::memory_order_relaxed);
        inside_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        return true;
    }

    // A signal handler that asks would wait for the call it interrupts.
    void refuse_reentry() const {
        if (inside_.load(std::memory_order_relaxed) == std::this_thread::get_id())
            throw std::runtime_error("this session is in a call of the same thread; ask from another thread, or after it");
    }

    // The thread inside stayed behind where the process was forked.
    bool refuse_orphan() const {
        if (inside_.load(std::memory_order_relaxed) != std::thread::id() &&
            process_.load(std::memory_order_relaxed) != long(getpid()))
            throw std::runtime_error("this session was in a call when the process was forked; open one in this process");
        return false;
    }

    std::mutex door_, room_;
    std::atomic<std::thread::id> inside_{};
    std::atomic<long> process_{0};
};

}  // namespace pellucid
