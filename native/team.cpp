#include "team.hpp"

#include <stdexcept>
#include <utility>

#if defined(_WIN32)
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

namespace pellucid {

namespace {

constexpr int most_shares = 255;

// How often to look before going to sleep: some 150 us for a thread without work, since a training that makes a call for
// every epoch makes the next before that; 40 us for the caller, whose processor the last share may need. No pause
// instruction: a hypervisor takes many of them for a reason to stop us, and a step took twice as long.
constexpr int spins_for_work = 200000, spins_for_end = 50000;

std::uint32_t number_of(std::uint64_t round) { return std::uint32_t(round >> 8); }

template <class Done>
void spin(int times, Done done) {
    for (int i = 0; i < times && !done(); ++i) continue;
}

}  // namespace

void Team::start(int size) {
    if (owner_ != long(getpid())) forget();
    owner_ = long(getpid());
    if (!shares_) shares_.reset(new Share[most_shares]);
    const std::uint64_t seen = round_.load(std::memory_order_relaxed);
    for (int thread = int(threads_.size()) + 1; thread < size; ++thread)
        threads_.emplace_back([this, thread, seen] { serve(thread, seen); });
}

void Team::forget() {
    if (threads_.empty()) return;
    // A thread that is joinable must not be destroyed, and one that a fork left behind cannot be joined.
    new std::vector<std::thread>(std::move(threads_));
    threads_.clear();
}

Team::~Team() {
    if (owner_ != long(getpid())) forget();
    ending_.store(true, std::memory_order_relaxed);
    publish(round_.load(std::memory_order_relaxed) + 256);
    for (auto& thread : threads_) thread.join();
}

void Team::take(std::uint64_t round, int share) noexcept {
    Share& one = shares_[std::size_t(share)];
    std::uint64_t begun = one.begun.load(std::memory_order_relaxed);
    // Nobody has begun it, so the round is still in progress, and its work there.
    if (begun >= round || !one.begun.compare_exchange_strong(begun, round, std::memory_order_acq_rel)) return;
    try {
        call_(work_, share);
    } catch (...) {
        const std::lock_guard<std::mutex> alone(throwing_);
        if (!thrown_) thrown_ = std::current_exception();
    }
    one.done.store(number_of(round), std::memory_order_release);
    one.done.notify_one();
}

void Team::publish(std::uint64_t round) {
    round_.store(round, std::memory_order_release);
    number_.store(number_of(round), std::memory_order_release);
    number_.notify_all();
}

void Team::run_shares(int size, Call call, void* work) {
    if (size > most_shares) throw std::invalid_argument("a team has at most 255 threads");
    start(size);
    call_ = call, work_ = work, thrown_ = nullptr;
    const std::uint64_t round = ((round_.load(std::memory_order_relaxed) >> 8) + 1) << 8 | std::uint64_t(size);
    publish(round);
    for (int share = 0; share < size; ++share) take(round, share);
    for (int share = 1; share < size; ++share) {
        std::atomic<std::uint32_t>& done = shares_[std::size_t(share)].done;
        spin(spins_for_end, [&] { return done.load(std::memory_order_acquire) == number_of(round); });
        for (std::uint32_t last; (last = done.load(std::memory_order_acquire)) != number_of(round);)
            done.wait(last, std::memory_order_acquire);
    }
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Team::serve(int thread, std::uint64_t seen) {
    for (;;) {
        spin(spins_for_work, [&] { return round_.load(std::memory_order_relaxed) != seen; });
        number_.wait(number_of(seen), std::memory_order_acquire);
        seen = round_.load(std::memory_order_acquire);
        if (ending_.load(std::memory_order_relaxed)) return;
        const int size = int(seen & 255);
        if (thread < size) take(seen, thread);
    }
}

}  // namespace pellucid
