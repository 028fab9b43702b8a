// A team of threads that share the work of a call.
//
// The caller hands out shares and takes part itself. The other threads wait for shares actively for a while, since a
// step of a small network is over before a sleeping thread has woken up. A share that its thread has not begun when the
// caller is done with its own is the caller's: beside a busy process nobody waits for a thread that has no processor.
// What a share computes must not depend on the thread that takes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace pellucid {

class Team {
public:
    Team() = default;
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    // Call work(share) for shares 0 .. size - 1, at once as far as there are threads; returns when all are done, and
    // throws what one of them has thrown. At most 255 shares, and one call at a time.
    template <class Work>
    void run(int size, Work&& work) {
        if (size <= 1) return work(0);
        using Plain = std::remove_reference_t<Work>;
        run_shares(size, [](void* work, int share) { (*static_cast<Plain*>(work))(share); },
                   const_cast<void*>(static_cast<const void*>(&work)));
    }

private:
    using Call = void (*)(void* work, int share);
    // Share number i: in which round it was last begun, and the lower half of the number of the last in which it was done.
    struct alignas(64) Share {
        std::atomic<std::uint64_t> begun{0};
        std::atomic<std::uint32_t> done{0};
    };

    void run_shares(int size, Call call, void* work);
    void start(int size);
    void publish(std::uint64_t round);
    // Give up the threads of a process that this one was forked from.
    void forget();
    // Take the shares of every round after `seen`, the own one first.
    void serve(int thread, std::uint64_t seen);
    // Do a share of a round that nobody has begun yet.
    void take(std::uint64_t round, int share) noexcept;

    Call call_ = nullptr;  // of the round in progress
    void* work_ = nullptr;
    // The number of the round in the upper 56 bits, in the lower 8 how many shares it has; and the lower half of its
    // number, to sleep by: the system waits for 32 bits at a time.
    alignas(64) std::atomic<std::uint64_t> round_{0};
    std::atomic<std::uint32_t> number_{0};
    std::unique_ptr<Share[]> shares_;
    std::atomic<bool> ending_{false};
    std::exception_ptr thrown_;
    std::mutex throwing_;
    long owner_ = 0;  // the process that has the threads: a child of fork has none of them
    std::vector<std::thread> threads_;
};

}  // namespace pellucid
