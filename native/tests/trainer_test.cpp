// The trainer: threads, chunks, divergence, interruption, fork; and the predictor beside it.
#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>

#include "check.hpp"
#include "predictor.hpp"
#include "problem.hpp"
#include "turnstile.hpp"

namespace pellucid::tests {
namespace {

// Take these steps with 1 and with several threads: the same to rounding, and to the bit where nothing differs.
template <class T>
void with_threads(Problem<T> problem, const std::vector<Step>& steps, bool weighted, double tolerance) {
    std::vector<double> costs(steps.size()), other(steps.size());
    auto one = problem.trainer(weighted);
    CHECK(one->advance(steps, costs.data(), nullptr, never).ending == Ending::done);
    problem.options.threads = 3;
    auto three = problem.trainer(weighted), again = problem.trainer(weighted);
    CHECK(three->advance(steps, other.data(), nullptr, never).steps == Index(steps.size()));
    again->advance(steps, other.data(), nullptr, never);
    CHECK(furthest(problem.found(one), problem.found(three)) < tolerance);
    CHECK(problem.found(three) == problem.found(again));
    CHECK(furthest(costs, other) < tolerance);
}

THREADED_TEST(threads_take_the_same_steps) {
    for (Rule rule : {Rule::gradient_descent, Rule::nesterov, Rule::adamw})
        for (double clip : {0.0, 0.2}) {
            Problem<double> problem({40, 60, 30, 2}, 150, Activation::gelu);
            problem.options.rule = rule, problem.options.clip_norm = clip;
            problem.network.l2 = 0.1, problem.network.l1 = clip;
            problem.network.dropout = {clip, 0.3, 0.2};
            with_threads(problem, problem.full(5), true, 1e-10);
            with_threads(problem, problem.batches(64, 2), false, 1e-10);
        }
    Problem<float> small({10, 40, 3, 1}, 400, Activation::relu);
    with_threads(small, small.batches(90, 2), true, 1e-4);
}

THREADED_TEST(a_long_batch_is_taken_in_chunks) {
    // 5,000 columns of 140 units: several chunks, whose sums are those of one.
    Problem<double> problem({12, 130, 9, 1}, 5000);
    with_threads(problem, problem.full(3), true, 1e-10);
    with_threads(problem, problem.batches(4000, 1), false, 1e-10);
}

THREADED_TEST(a_triangle_is_only_a_matrix_with_zeros) {
    Problem<double> problem({90, 20, 5, 1}, 90, Activation::relu);
    for (Index j = 0; j < 90; ++j)
        for (Index i = j + 1; i < 90; ++i) problem.X[std::size_t(j * 90 + i)] = 0;
    with_threads(problem, problem.full(20), false, 1e-10);
    // Row by row in memory nothing is known of its zeros: the plain way to the same numbers.
    auto trainer = problem.trainer();
    std::vector<double> turned(problem.X.size()), costs(20), other(20);
    for (Index j = 0; j < 90; ++j)
        for (Index i = 0; i < 90; ++i) turned[std::size_t(i * 90 + j)] = problem.X[std::size_t(j * 90 + i)];
    const auto plain = problem.trainer({{turned.data(), 90, 1}, 90, {problem.Y.data(), 1, 1}, nullptr});
    trainer->advance(problem.full(20), costs.data(), nullptr, never);
    plain->advance(problem.full(20), other.data(), nullptr, never);
    CHECK(furthest(costs, other) < 1e-12);
    CHECK(furthest(problem.found(trainer), problem.found(plain)) < 1e-12);
}

THREADED_TEST(the_gradient_is_the_step_of_gradient_descent) {
    // 5,000 columns: in chunks; with 3 threads.
    for (Index m : {40, 5000}) {
        Problem<double> problem({12, 130, 9, 2}, m);
        problem.network.l2 = 0.3, problem.network.l1 = 0.1;
        problem.options.threads = 3;
        auto trainer = problem.trainer(true), still = problem.trainer(true);
        std::vector<double> gradient(problem.parameters.size()), AL(std::size_t(2 * m)), right(AL), costs(1), penalties(1);
        const Outcome outcome = still->gradient(problem.parameters.data(), gradient.data(), AL.data(), never);
        CHECK(problem.found(still) == problem.parameters);
        CHECK(still->counts().steps == 0);
        still->evaluate(problem.examples(), false, right.data(), never);
        CHECK(furthest(AL, right) < 1e-12);
        trainer->advance(problem.full(1), costs.data(), penalties.data(), never);
        CHECK(distance(outcome.cost, costs[0]) < 1e-12);
        CHECK(distance(outcome.penalty, penalties[0]) < 1e-12);
        CHECK(penalties[0] > 0 && penalties[0] < costs[0]);
        auto expected = problem.parameters;
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] -= 0.1 * gradient[i];
        CHECK(furthest(problem.found(trainer), expected) < 1e-12);
    }
}

// Two sessions, the second from the state of the first: the same bits as one.
THREADED_TEST(a_state_goes_on_where_another_session_stopped) {
    for (Rule rule : {Rule::gradient_descent, Rule::nesterov, Rule::rmsprop, Rule::adam})
        for (int threads : {1, 2}) {
            Problem<double> problem({40, 70, 30, 1}, 300);
            problem.options.rule = rule, problem.options.epsilon_hat = rule == Rule::adam;
            problem.options.clip_norm = 0.3, problem.options.threads = threads;
            problem.network.dropout = {0.1, 0.5, 0.3};
            const std::size_t count = problem.parameters.size();
            std::vector<double> costs(30), other(30), p(count), v(count), s(count);
            double *to_v = keeps_v(rule) ? v.data() : nullptr, *to_s = keeps_s(rule) ? s.data() : nullptr;
            const auto steps = problem.batches(64, 4);
            const std::vector<Step> begun(steps.begin(), steps.begin() + 7), rest(steps.begin() + 7, steps.end());
            auto whole = problem.trainer(), first = problem.trainer(), second = problem.trainer();
            whole->advance(steps, costs.data(), nullptr, never);
            first->advance(begun, other.data(), nullptr, never);
            first->state(p.data(), to_v, to_s);
            CHECK(first->counts().steps == 7 && first->counts().updates == 7);
            second->restore(p.data(), to_v, to_s, first->counts());
            second->advance(rest, other.data() + 7, nullptr, never);
            CHECK(problem.found(second) == problem.found(whole));
            CHECK(costs == other);
        }
}

// The same steps in one call and in many, of sizes whose threads and chunks differ.
THREADED_TEST(the_same_steps_have_the_same_bits_in_any_calls) {
    for (bool large : {false, true})
        for (bool sparse : {false, true}) {
            Problem<float> problem(large ? std::vector<Index>{300, 400, 30, 1} : std::vector<Index>{30, 64, 30, 1}, 5000);
            for (std::size_t i = 0; sparse && i < problem.X.size(); ++i)
                if (i % 7) problem.X[i] = 0;
            problem.options.threads = 2, problem.options.rule = Rule::adam;
            std::vector<Step> steps;
            Index first = 0;
            for (Index size : {3000, 10, 200, 64, 1500, 1, 5}) {
                steps.push_back({problem.order.data() + first, size, 0.01});
                first += size;
            }
            steps.push_back({nullptr, problem.m, 0.01});
            std::vector<double> costs(steps.size()), other(steps.size());
            auto one = problem.trainer(), many = problem.trainer();
            CHECK(one->leaves_out_zeros() == sparse);
            one->advance(steps, costs.data(), nullptr, never);
            for (std::size_t i = 0; i < steps.size(); ++i) many->advance({steps[i]}, &other[i], nullptr, never);
            CHECK(costs == other);
            CHECK(problem.found(one) == problem.found(many));
        }
}

THREADED_TEST(other_examples_are_trained_on_as_if_they_were_the_first) {
    for (int zeros : {0, 7}) {
        Problem<double> one({60, 50, 1}, 300), two({60, 50, 1}, 500);
        for (std::size_t i = 0; zeros && i < two.X.size(); ++i)
            if (i % 7) two.X[i] = 0;
        one.options.threads = two.options.threads = 2, one.options.rule = two.options.rule = Rule::momentum;
        std::vector<double> costs(10), other(10), p(one.parameters.size()), v(p);
        auto fed = one.trainer(true);
        fed->advance(one.full(10), costs.data(), nullptr, never);
        fed->state(p.data(), v.data(), nullptr);
        const int place = fed->feed(two.examples());
        CHECK(fed->leaves_out_zeros() == (zeros > 0));
        // What may have to be repeated is still there, until a step on the new examples has proved it.
        CHECK(fed->looks_at(0) && fed->looks_at(1));
        auto right = two.trainer();
        right->restore(p.data(), v.data(), nullptr, fed->counts());
        costs.assign(10, 0);
        fed->advance(two.batches(200, 2), costs.data(), nullptr, never);
        right->advance(two.batches(200, 2), other.data(), nullptr, never);
        CHECK(costs == other && two.found(fed) == two.found(right));
        CHECK(fed->looks_at(place) && !fed->looks_at(1 - place));
    }
}

// The last step on the old examples left the finite numbers, which only the first on the new ones can show.
THREADED_TEST(after_a_divergence_behind_other_examples_the_parameters_are_those_before) {
    for (int fed : {1, 2}) {
        Problem<double> one({30, 40, 20, 1}, 120, Activation::relu), two({30, 40, 20, 1}, 90, Activation::relu);
        for (double& x : two.X) x += 1;
        auto trainer = one.trainer(), right = one.trainer();
        std::vector<double> costs(20);
        auto steps = one.full(9);
        steps.push_back({nullptr, one.m, 1e200});
        trainer->advance(steps, costs.data(), nullptr, never);
        for (int i = 0; i < fed; ++i) trainer->feed(two.examples());
        CHECK(trainer->advance(two.full(1), costs.data(), nullptr, never).ending == Ending::diverged);
        trainer->go_back();
        right->advance(one.full(9), costs.data(), nullptr, never);
        CHECK(one.found(trainer) == one.found(right));
        CHECK(trainer->counts().steps == 10 && trainer->counts().updates == 9);
        CHECK(trainer->advance(two.full(1), costs.data(), nullptr, never).ending == Ending::done);
    }
}

// One after the other, also where one of them asks again at once.
THREADED_TEST(who_waits_at_the_turnstile_is_next) {
    Turnstile turnstile;
    std::atomic<int> entered{0}, inside{0};
    std::atomic<bool> ends{false};
    const auto enter = [&] {
        if (!turnstile.try_enter()) turnstile.enter();
        CHECK(++inside == 1);
    };
    const auto leave = [&] {
        --inside;
        turnstile.leave();
    };
    std::thread other([&] {
        for (; entered < 20; ++entered) enter(), leave();
        ends = true;
    });
    int rounds = 0;
    for (; !ends; ++rounds) {
        enter();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        bool refused = false;
        try {
            turnstile.try_enter();
        } catch (const std::runtime_error&) {
            refused = true;
        }
        CHECK(refused);
        leave();
    }
    other.join();
    CHECK(rounds < 200);
}

TEST(training_lowers_the_cost) {
    Problem<float> problem({8, 16, 1}, 64, Activation::relu);
    auto trainer = problem.trainer();
    std::vector<double> costs(300);
    trainer->advance(problem.full(300, 0.5), costs.data(), nullptr, never);
    CHECK(costs.back() < 0.5 * costs.front());
    CHECK_NEAR(trainer->cost(never), costs.back(), 0.02);
    CHECK(trainer->counts().steps == 300);
}

// A learning rate that leaves the finite numbers, after so many steps that did not.
THREADED_TEST(after_a_divergence_the_parameters_are_those_before) {
    for (int before : {0, 1, 5, 127, 128, 129, 300})
        for (bool mini : {false, true})
            for (int threads : {1, 2}) {
                Problem<double> problem({30, 40, 20, 1}, 120, Activation::relu);
                problem.options.threads = threads, problem.options.rule = Rule::momentum;
                const auto good = [&](int count) {
                    auto steps = mini ? problem.batches(60, count / 2 + 1, 0.05) : problem.full(count, 0.05);
                    steps.resize(std::size_t(count));
                    return steps;
                };
                auto steps = good(before);
                steps.push_back({nullptr, problem.m, 1e200});
                steps.push_back({nullptr, problem.m, 0.05});
                std::vector<double> costs(steps.size());
                auto trainer = problem.trainer(), right = problem.trainer();
                const Outcome outcome = trainer->advance(steps, costs.data(), nullptr, never);
                CHECK(outcome.ending == Ending::diverged && outcome.steps == before + 1 && !std::isfinite(outcome.cost));
                trainer->go_back();
                right->advance(good(before), costs.data(), nullptr, never);
                CHECK(problem.found(trainer) == problem.found(right));
                CHECK(trainer->counts().steps == before + 1);
                trainer->go_back();
                CHECK(problem.found(trainer) == problem.found(right));
            }
}

// The chunks before the last have filled the gradient when the cost shows: what is not a number must not stay in it.
THREADED_TEST(after_a_divergence_in_chunks_too) {
    for (Rule rule : {Rule::gradient_descent, Rule::adam}) {
        Problem<double> problem({4, 8, 8, 1}, 20000, Activation::relu);
        problem.options.threads = 2, problem.options.rule = rule;
        auto steps = problem.full(5, 0.1);
        steps[3].rate = 1e300;
        std::vector<double> costs(5);
        auto trainer = problem.trainer(), right = problem.trainer();
        CHECK(trainer->advance(steps, costs.data(), nullptr, never).ending == Ending::diverged);
        trainer->go_back();
        right->advance(problem.full(3, 0.1), costs.data(), nullptr, never);
        CHECK(problem.found(trainer) == problem.found(right));
        // And training goes on from there, twice over.
        for (int again = 0; again < 2; ++again) {
            CHECK(trainer->advance(problem.full(2, 0.1), costs.data(), nullptr, never).ending == Ending::done);
            CHECK(trainer->advance(std::vector<Step>(steps.begin() + 3, steps.end()), costs.data(), nullptr, never).ending ==
                  Ending::diverged);
            trainer->go_back();
        }
        right->advance(problem.full(4, 0.1), costs.data(), nullptr, never);
        CHECK(problem.found(trainer) == problem.found(right));
    }
}

THREADED_TEST(what_a_thread_throws_is_thrown_on) {
    Team team;
    for (int round = 0; round < 50; ++round) {
        bool caught = false;
        try {
            team.run(3, [&](int thread) {
                if (thread == round % 3) throw std::runtime_error("one of them");
            });
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
        std::atomic<int> came{0};
        team.run(3, [&](int) { ++came; });
        CHECK(came == 3);
    }
}

THREADED_TEST(an_interruption_ends_between_two_steps) {
    Problem<double> problem({64, 128, 64, 1}, 512);
    problem.options.threads = 2;
    auto trainer = problem.trainer();
    const auto steps = problem.full(100000);
    std::vector<double> costs(steps.size());
    int asked = 0;
    const Outcome outcome = trainer->advance(steps, costs.data(), nullptr, [&] { return ++asked == 2; });
    CHECK(outcome.ending == Ending::interrupted && outcome.steps > 0 && outcome.steps < 100000);
    CHECK(trainer->counts().steps == outcome.steps);
    auto right = problem.trainer();
    right->advance(problem.full(int(outcome.steps)), costs.data(), nullptr, never);
    CHECK(problem.found(trainer) == problem.found(right));
}

THREADED_TEST(two_trainings_at_once) {
    Problem<double> problem({40, 50, 1}, 200);
    problem.options.threads = 2;
    std::vector<std::vector<double>> found(2);
    std::vector<std::thread> threads;
    for (auto& mine : found)
        threads.emplace_back([&] {
            auto trainer = problem.trainer();
            std::vector<double> costs(50);
            trainer->advance(problem.full(50), costs.data(), nullptr, never);
            mine = problem.found(trainer);
        });
    for (auto& thread : threads) thread.join();
    CHECK(found[0] == found[1]);
}

TEST(columns_that_are_none_are_refused) {
    Problem<double> problem({4, 3, 1}, 10);
    auto trainer = problem.trainer();
    for (std::int64_t column : {std::int64_t(-1), std::int64_t(10), std::numeric_limits<std::int64_t>::max()}) {
        bool refused = false;
        double cost;
        try {
            trainer->advance({Step{&column, 1, 0.1}}, &cost, nullptr, never);
        } catch (const std::out_of_range&) {
            refused = true;
        }
        CHECK(refused && trainer->counts().steps == 0);
    }
}

TEST(a_batch_without_weight_changes_nothing) {
    Problem<double> problem({4, 3, 1}, 10);
    problem.options.rule = Rule::adam;
    std::fill(problem.w.begin(), problem.w.begin() + 5, 0.0);
    std::iota(problem.order.begin(), problem.order.end(), 0);
    auto trainer = problem.trainer(true), right = problem.trainer(true);
    auto steps = problem.batches(5, 2);
    std::vector<double> costs(4);
    trainer->advance(steps, costs.data(), nullptr, never);
    CHECK(costs[0] == 0 && costs[1] != 0 && trainer->counts().steps == 4);
    right->advance({steps[1], steps[3]}, costs.data(), nullptr, never);
    CHECK(problem.found(trainer) == problem.found(right));
}

THREADED_TEST(predictions_are_those_of_the_plain_formula) {
    Problem<double> problem({11, 20, 6, 1}, 900, Activation::silu);
    const std::vector<double> mean(11, 0.5), deviation(11, 2.0);
    Predictor<double> predictor(problem.network, problem.parameters.data(), {mean, deviation}, true, 3);
    std::vector<double> answers(1800), some(1800);
    CHECK(predictor.answer(problem.X.data(), 900, answers.data()));
    for (Index j = 0; j < 900; j += 100) {
        std::vector<double> A(11);
        for (Index i = 0; i < 11; ++i) A[std::size_t(i)] = (problem.X[std::size_t(j * 11 + i)] - 0.5) / 2;
        const double *p = problem.parameters.data(), *b = p + problem.parameters.size();
        for (std::size_t l = 1; l < 4; ++l) b -= problem.network.layer_dims[l];
        for (std::size_t l = 1; l < 4; ++l) {
            const Index n = problem.network.layer_dims[l], n_prev = problem.network.layer_dims[l - 1];
            std::vector<double> next(static_cast<std::size_t>(n));
            for (Index i = 0; i < n; ++i) {
                double z = b[i];
                for (Index q = 0; q < n_prev; ++q) z += p[q * n + i] * A[std::size_t(q)];
                next[std::size_t(i)] = l == 3 ? 1 / (1 + std::exp(-z)) : z / (1 + std::exp(-z));
            }
            p += n * n_prev, b += n;
            A = next;
        }
        CHECK_NEAR(answers[std::size_t(2 * j + 1)], A[0], 1e-13);
        CHECK_NEAR(answers[std::size_t(2 * j)], 1 - A[0], 1e-13);
    }
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            std::vector<double> own(1800);
            for (int round = 0; round < 5; ++round) right += predictor.answer(problem.X.data(), 900, own.data());
        });
    for (auto& thread : threads) thread.join();
    CHECK(right == 15);
    problem.X[17] = std::numeric_limits<double>::infinity();
    CHECK(!predictor.answer(problem.X.data(), 900, some.data()));
}

}  // namespace
}  // namespace pellucid::tests
