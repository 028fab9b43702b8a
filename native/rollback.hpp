// The way back to the last parameters whose cost was finite.
//
// A divergence shows one step late, when the parameters it came from are gone. They are made again: from those of a
// checkpoint, by the steps that were logged since. Copying them in every step would be one more pass over memory.
#pragma once

#include <algorithm>
#include <vector>

#include "step.hpp"
#include "update.hpp"

namespace pellucid {

// Updates, and steps: those included that changed nothing.
struct Counts {
    Index updates = 0, steps = 0;
};

template <class T>
class Rollback {
public:
    Rollback(const std::vector<Layer>& layers, Rule rule)
        : kept_(layers, rule), most_columns_(std::max<Index>(kept_.p.size(), Index(1) << 17)) {
        kept_.g = {};
    }

    // Room for so many more steps on so many columns, so that `log_step` cannot fail.
    void reserve(std::size_t steps, std::size_t columns, Index widest) {
        log_.reserve(log_.size() + steps);
        columns_.reserve(std::min(columns_.size() + columns, std::size_t(most_columns_ + widest)));
    }

    // Whether the next step on these examples begins with a checkpoint: not many steps are repeated, nor much work, nor
    // many columns remembered, and only steps on the same examples.
    bool checkpoint_due(const Counts& at, const Examples<T>* examples) const {
        return !checkpointed_ || examples != examples_ || at.steps - start_.steps >= most_steps ||
               flops_ >= most_flops || Index(columns_.size()) >= most_columns_;
    }
    // Copy a run of parameters into the checkpoint.
    void keep(const ParameterBuffers<T>& now, const Region& region) {
        copy(now, kept_, region.first, region.count);
    }
    // The checkpoint is complete: the log begins anew.
    void begin(const Counts& at, const Examples<T>* examples) {
        forget();
        checkpointed_ = true, start_ = at, examples_ = examples;
    }

    // A step was taken; `counted`: it changed the parameters, and its cost was finite.
    void log_step(const Step& step, bool counted, double flops) noexcept {
        // Of a batch that changed nothing only that there was one.
        const bool named = counted && step.columns;
        log_.push_back({columns_.size(), counted ? step.k : 0, step.rate, named, counted});
        if (named) columns_.insert(columns_.end(), step.columns, step.columns + step.k);
        flops_ += flops;
        can_go_back_ = can_go_back_ || counted;
    }

    // Nothing to go back to: what follows begins with a new checkpoint.
    void forget() {
        checkpointed_ = can_go_back_ = false;
        examples_ = nullptr;
        log_.clear();
        columns_.clear();
        flops_ = 0;
    }
    // The examples whose steps may be repeated, or null.
    const Examples<T>* examples() const { return can_go_back_ ? examples_ : nullptr; }

    // Make the parameters again from which the last step that counted was taken, by `replay(step, examples)`.
    template <class Replay>
    void go_back(ParameterBuffers<T>& now, Counts& counts, Replay replay) {
        if (!can_go_back_) return;
        while (!log_.back().counted) log_.pop_back();
        log_.pop_back();
        copy(kept_, now, 0, now.p.size());
        const Index steps = counts.steps;
        counts = start_;
        for (const Logged& one : log_)
            replay(Step{one.named ? columns_.data() + one.first : nullptr, one.k, one.rate}, *examples_);
        // The steps after it were taken, too; they number the masks.
        counts.steps = steps;
        forget();
    }

private:
    static constexpr Index most_steps = 128;

    struct Logged {
        std::size_t first;
        Index k;
        double rate;
        bool named, counted;
    };

    static void copy(const ParameterBuffers<T>& from, ParameterBuffers<T>& to, Index first, Index count) {
        const auto part = [&](const AlignedBuffer<T>& here, AlignedBuffer<T>& there) {
            if (here.size()) std::copy_n(here.data() + first, count, there.data() + first);
        };
        part(from.p, to.p), part(from.v, to.v), part(from.s, to.s);
    }

    ParameterBuffers<T> kept_;
    Index most_columns_;
    Counts start_;  // at the checkpoint
    const Examples<T>* examples_ = nullptr;
    bool checkpointed_ = false, can_go_back_ = false;
    std::vector<Logged> log_;
    std::vector<std::int64_t> columns_;
    double flops_ = 0;
};

}  // namespace pellucid
