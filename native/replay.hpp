// Going back after a divergence: checkpoints, the log of steps since, and their repetition. A part of trainer.cpp.
#pragma once

#include <cstring>

#include "trainer.hpp"

namespace pellucid {

namespace {

// So many steps may have to be repeated after a divergence.
constexpr Index checkpoint_every = 128;

template <class T>
void copy(Numbers<T>& to, const Numbers<T>& from, Index first, Index count) {
    if (to.size()) std::memcpy(to.data() + first, from.data() + first, std::size_t(count) * sizeof(T));
}

}  // namespace

template <class T>
void Trainer<T>::checkpoint(const Worker& me) {
    for (std::size_t l = 1; l <= layers_.size(); ++l) {
        const Layer& layer = layers_[l - 1];
        const Share mine = rows_of(l, me);
        const auto keep = [&](Index first, Index count) {
            copy(kept_p_, p_, first, count);
            copy(kept_v_, v_, first, count);
            copy(kept_s_, s_, first, count);
        };
        keep(layer.W + mine.from * layer.n, (mine.to - mine.from) * layer.n);
        if (int(l) % me.threads == me.thread) keep(layer.b, layer.n);
    }
}

// Remember that a step was taken, from where. Thread 0 does, before the others look again: at the next meeting.
template <class T>
void Trainer<T>::note(const Step& step, Index iteration, Index taken, const Worker& me) noexcept {
    iteration_ = me.iteration, taken_ = me.taken, ++outcome_.steps;
    if (replaying_) return;
    // A batch without weight tests nothing and changes nothing.
    const bool counted = me.taken > taken;
    if (counted) went_back_ = false;
    if (counted && due(iteration)) {
        kept_iteration_ = iteration, kept_taken_ = taken;
        log_.clear();
        logged_columns_.clear();
        logged_flops_ = 0;
    }
    // Of a batch that changed nothing only that there was one.
    const bool all = !counted || !step.columns;
    log_.push_back({logged_columns_.size(), counted ? step.k : 0, step.rate, me.threads, room_, all, counted});
    if (!all) logged_columns_.insert(logged_columns_.end(), step.columns, step.columns + step.k);
    logged_flops_ += flops_ * double(step.k);
}

// Whether it is time for a checkpoint: not many steps to repeat, nor much work, nor many columns to remember.
template <class T>
bool Trainer<T>::due(Index iteration) const {
    return !replaying_ && (kept_iteration_ < 0 || iteration - kept_iteration_ >= checkpoint_every ||
                           logged_flops_ >= most_flops || Index(logged_columns_.size()) >= most_logged());
}

template <class T>
void Trainer<T>::go_back() {
    if (went_back_ || log_.empty()) return;
    while (!log_.back().counted) log_.pop_back();
    log_.pop_back();
    const Index iteration = iteration_;
    std::memcpy(p_.data(), kept_p_.data(), std::size_t(p_.size()) * sizeof(T));
    copy(v_, kept_v_, 0, v_.size());
    copy(s_, kept_s_, 0, s_.size());
    iteration_ = kept_iteration_, taken_ = kept_taken_;
    struct Replaying {
        bool& flag;
        explicit Replaying(bool& it) : flag(it) { flag = true; }
        ~Replaying() { flag = false; }
    } const replaying(replaying_);
    // As they were taken: by as many threads, in the same chunks.
    for (std::size_t from = 0; from < log_.size();) {
        std::vector<Step> steps;
        const Logged& first = log_[from];
        for (; from < log_.size() && log_[from].threads == first.threads && log_[from].room == first.room; ++from) {
            const Logged& one = log_[from];
            steps.push_back({one.all ? nullptr : logged_columns_.data() + one.first, one.k, one.rate});
        }
        run(steps, nullptr, nullptr, first.threads, first.room);
    }
    iteration_ = iteration;
    // The step that was undone has no place in the log.
    forget_log();
}

// Nothing to go back to: what follows begins with a new checkpoint.
template <class T>
void Trainer<T>::forget_log() {
    went_back_ = true;
    kept_iteration_ = -1;
    log_.clear();
    logged_columns_.clear();
    logged_flops_ = 0;
}

}  // namespace pellucid
