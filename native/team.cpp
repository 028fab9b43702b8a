#include "team.hpp"

#include <utility>

#if defined(_WIN32)
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

namespace pellucid {

void Team::start(int size) {
    if (owner_ != long(getpid())) forget();
    owner_ = long(getpid());
    const unsigned seen = calls_.load(std::memory_order_relaxed);
    for (int thread = int(threads_.size()) + 1; thread < size; ++thread)
        threads_.emplace_back([this, thread, seen] { serve(thread, seen); });
}

void Team::forget() {
    if (threads_.empty()) return;
    // A thread that is joinable must not be destroyed, and one that a fork left behind cannot be joined.
    new std::vector<std::thread>(std::move(threads_));
    threads_.clear();
    busy_.store(0, std::memory_order_relaxed);
}

Team::~Team() {
    ending_.store(true, std::memory_order_release);
    calls_.fetch_add(1, std::memory_order_release);
    calls_.notify_all();
    if (owner_ != long(getpid())) forget();
    for (auto& thread : threads_) thread.join();
}

void Team::attempt(int thread) noexcept {
    try {
        (*work_)(thread);
    } catch (...) {
        const std::lock_guard<std::mutex> alone(throwing_);
        if (!thrown_) thrown_ = std::current_exception();
    }
}

void Team::run(int size, const std::function<void(int)>& work) {
    if (size > 1) start(size);
    barrier_.expect(size);
    thrown_ = nullptr;
    work_ = &work;
    if (size > 1) {
        size_ = size;
        busy_.store(int(threads_.size()), std::memory_order_relaxed);
        calls_.fetch_add(1, std::memory_order_release);
        calls_.notify_all();
    }
    attempt(0);
    // Everybody has to have looked, also who has nothing to do: the next call changes what they look at.
    while (busy_.load(std::memory_order_acquire)) std::this_thread::yield();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Team::serve(int thread, unsigned seen) {
    for (;;) {
        // Some 150 us awake: whoever trains epoch by epoch calls again before that, and to be woken up takes as long.
        for (int spins = 0; spins < 200000 && calls_.load(std::memory_order_acquire) == seen; ++spins) continue;
        calls_.wait(seen, std::memory_order_acquire);
        seen = calls_.load(std::memory_order_acquire);
        if (ending_.load(std::memory_order_acquire)) return;
        if (thread < size_) attempt(thread);
        busy_.fetch_sub(1, std::memory_order_release);
    }
}

}  // namespace pellucid
