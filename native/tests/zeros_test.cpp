// Inputs that are mostly zeros: the entries, and that a trainer which leaves the zeros out takes the same steps.
#include <limits>

#include "check.hpp"
#include "problem.hpp"
#include "sparse_columns.hpp"

namespace pellucid::tests {
namespace {

// Only every so many of the inputs is kept, one row and one example are empty.
template <class T>
Problem<T> mostly_zeros(std::vector<Index> dims, Index m, Activation hidden = Activation::tanh, unsigned every = 6) {
    Problem<T> problem(dims, m, hidden);
    std::mt19937 bits(11);
    const Index n = dims[0];
    for (Index j = 0; j < m; ++j)
        for (Index i = 0; i < n; ++i)
            if (bits() % every || i == n / 2 || j == m / 2) problem.X[std::size_t(j * n + i)] = 0;
    return problem;
}

// The same to rounding, without a single zero: every number is multiplied.
template <class T>
Problem<T> filled(Problem<T> problem) {
    for (T& x : problem.X)
        if (x == T(0)) x = T(sizeof(T) == 8 ? 1e-100 : 1e-20);
    return problem;
}

// Take these steps with the zeros left out and multiplied, by 1 and by 3 threads.
template <class T>
void alike(Problem<T> sparse, const std::vector<Step>& steps, bool weighted, double tolerance) {
    Problem<T> dense = filled(sparse);
    for (int threads : {1, 3}) {
        sparse.options.threads = dense.options.threads = threads;
        auto one = sparse.trainer(weighted), again = sparse.trainer(weighted), other = dense.trainer(weighted);
        std::vector<double> costs(steps.size()), penalties(steps.size()), right(steps.size()), charged(steps.size());
        CHECK(one->leaves_out_zeros() && !other->leaves_out_zeros());
        CHECK(one->advance(steps, costs.data(), penalties.data(), never).ending == Ending::done);
        CHECK(other->advance(steps, right.data(), charged.data(), never).ending == Ending::done);
        CHECK(furthest(costs, right) < tolerance);
        CHECK(furthest(penalties, charged) < tolerance);
        CHECK(furthest(sparse.found(one), sparse.found(other)) < tolerance);
        CHECK_NEAR(one->cost(never), other->cost(never), tolerance);
        std::vector<T> AL(sparse.Y.size()), outputs(AL);
        const double cost = one->evaluate(sparse.examples(), false, AL.data(), never);
        CHECK_NEAR(cost, other->evaluate(dense.examples(), false, outputs.data(), never), tolerance);
        CHECK(cost == one->evaluate(sparse.examples(), true, AL.data(), never));
        CHECK(furthest(AL, outputs) < tolerance);
        again->advance(steps, right.data(), nullptr, never);
        CHECK(costs == right);
        CHECK(sparse.found(one) == sparse.found(again));
    }
}

THREADED_TEST(zeros_that_are_left_out_change_no_step) {
    for (Rule rule : {Rule::gradient_descent, Rule::nesterov, Rule::rmsprop, Rule::adam, Rule::adamw})
        for (double clip : {0.0, 0.2}) {
            auto problem = mostly_zeros<double>({50, 70, 30, 2}, 150, Activation::gelu);
            problem.options.rule = rule, problem.options.clip_norm = clip, problem.options.epsilon = 1e-3;
            problem.network.l2 = 0.1, problem.network.l1 = clip;
            problem.network.dropout = {0, 0.3, 0.2};
            alike(problem, problem.full(5), true, 1e-9);
            alike(problem, problem.batches(64, 2), false, 1e-9);
        }
    for (Activation hidden : {Activation::relu, Activation::silu, Activation::sigmoid}) {
        auto problem = mostly_zeros<float>({90, 40, 3, 1}, 400, hidden);
        alike(problem, problem.batches(90, 2), true, 1e-4);
    }
    auto single = mostly_zeros<double>({120, 33}, 80);
    alike(single, single.batches(16, 2), true, 1e-10);
}

THREADED_TEST(zeros_are_left_out_of_chunks_too) {
    auto problem = mostly_zeros<double>({40, 130, 9, 1}, 5000);
    alike(problem, problem.full(3), true, 1e-9);
    alike(problem, problem.batches(4000, 1), false, 1e-9);
    // Neighbours that are not all of them.
    std::iota(problem.order.begin(), problem.order.end(), 0);
    alike(problem, problem.batches(1700, 1), true, 1e-9);
}

THREADED_TEST(a_chunk_has_no_more_columns_than_a_list_can_name) {
    auto sparse = mostly_zeros<float>({20, 8, 1}, 70000, Activation::tanh, 30);
    sparse.options.threads = 10;
    const auto dense = filled(sparse);
    auto one = sparse.trainer(), other = dense.trainer();
    double cost, right;
    one->advance(sparse.full(1), &cost, nullptr, never);
    other->advance(sparse.full(1), &right, nullptr, never);
    CHECK(one->leaves_out_zeros() && !other->leaves_out_zeros());
    CHECK_NEAR(cost, right, 1e-5);
    CHECK(furthest(sparse.found(one), sparse.found(other)) < 1e-5);
}

TEST(few_zeros_or_few_units_or_dropout_of_inputs_are_no_reason) {
    CHECK((mostly_zeros<float>({40, 64, 1}, 100).trainer()->leaves_out_zeros()));
    CHECK((!mostly_zeros<float>({40, 64, 1}, 100, Activation::tanh, 3).trainer()->leaves_out_zeros()));
    CHECK((!mostly_zeros<float>({40, 16, 1}, 100).trainer()->leaves_out_zeros()));
    CHECK((!mostly_zeros<float>({3, 64, 1}, 100).trainer()->leaves_out_zeros()));
    auto problem = mostly_zeros<float>({40, 64, 1}, 100);
    problem.network.dropout[0] = 0.2;
    CHECK(!problem.trainer()->leaves_out_zeros());
}

THREADED_TEST(the_gradient_without_zeros_is_that_with_them) {
    for (Index m : {40, 5000}) {
        auto sparse = mostly_zeros<double>({60, 40, 2}, m);
        sparse.network.l2 = 0.3, sparse.options.threads = 3;
        const auto dense = filled(sparse);
        auto one = sparse.trainer(true), other = dense.trainer(true);
        std::vector<double> gradient(sparse.parameters.size()), right(gradient), AL(sparse.Y.size()), outputs(AL);
        const double cost = one->gradient(sparse.parameters.data(), gradient.data(), AL.data(), never).cost;
        CHECK_NEAR(cost, other->gradient(sparse.parameters.data(), right.data(), outputs.data(), never).cost, 1e-12);
        CHECK(furthest(AL, outputs) < 1e-12);
        CHECK(furthest(gradient, right) < 1e-12);
        // Where no number is known the cost is none.
        auto bad = sparse.parameters;
        bad[sparse.parameters.size() / 4] = std::numeric_limits<double>::infinity();
        CHECK(!std::isfinite(one->gradient(bad.data(), gradient.data(), AL.data(), never).cost));
    }
}

TEST(the_order_of_the_inputs_in_memory_does_not_matter) {
    const auto problem = mostly_zeros<double>({50, 20, 1}, 130);
    std::vector<double> turned(problem.X.size()), wide(2 * problem.X.size(), 1), costs(6), other(6);
    for (Index j = 0; j < 130; ++j)
        for (Index i = 0; i < 50; ++i) {
            const double x = problem.X[std::size_t(j * 50 + i)];
            turned[std::size_t(i * 130 + j)] = wide[std::size_t(j * 100 + 2 * i)] = x;
        }
    const View<const double> views[] = {{turned.data(), 130, 1}, {wide.data(), 2, 100}};
    auto plain = problem.trainer();
    plain->advance(problem.batches(50, 2), costs.data(), nullptr, never);
    for (const auto& view : views) {
        const auto trainer = problem.trainer({view, 130, {problem.Y.data(), 1, 1}, nullptr});
        trainer->advance(problem.batches(50, 2), other.data(), nullptr, never);
        CHECK(costs == other);
        CHECK(problem.found(plain) == problem.found(trainer));
    }
}

THREADED_TEST(after_a_divergence_without_zeros_the_parameters_are_those_before) {
    for (int before : {0, 5, 128, 200})
        for (int threads : {1, 2}) {
            auto problem = mostly_zeros<double>({60, 40, 20, 1}, 120, Activation::relu);
            problem.options.threads = threads, problem.options.rule = Rule::momentum;
            auto good = problem.batches(60, before / 2 + 1, 0.05);
            good.resize(std::size_t(before));
            auto steps = good;
            steps.push_back({nullptr, problem.m, 1e200});
            steps.push_back({nullptr, problem.m, 0.05});
            std::vector<double> costs(steps.size());
            auto trainer = problem.trainer(), right = problem.trainer();
            const Outcome outcome = trainer->advance(steps, costs.data(), nullptr, never);
            CHECK(outcome.ending == Ending::diverged && outcome.steps == before + 1);
            trainer->go_back();
            right->advance(good, costs.data(), nullptr, never);
            CHECK(problem.found(trainer) == problem.found(right));
        }
}

// Weights that meet only zeros are in no sum of the next batch: the cost has to show all the same that they are infinite.
THREADED_TEST(infinite_weights_of_inputs_that_are_zero_are_seen) {
    for (int threads : {1, 2}) {
        auto problem = mostly_zeros<double>({60, 40, 1}, 200);
        problem.options.threads = threads;
        for (Index row : {0, 59}) {
            for (Index j = 0; j < problem.m; ++j) problem.X[std::size_t(j * 60 + row)] = j == 0 ? 1e307 : 0;
            for (Index i = 0; i < 40; ++i) problem.parameters[std::size_t(row * 40 + i)] = 0;
        }
        std::iota(problem.order.begin(), problem.order.end(), 0);
        auto steps = problem.batches(100, 2, 1e5);
        std::vector<double> costs(steps.size());
        auto trainer = problem.trainer();
        const Outcome outcome = trainer->advance(steps, costs.data(), nullptr, never);
        CHECK(outcome.ending == Ending::diverged && outcome.steps == 1);
        trainer->go_back();
        CHECK(problem.found(trainer) == problem.parameters);
    }
}

// Those of X (n, m) with at most so many entries; null where there are more.
template <class T>
std::unique_ptr<SparseColumns<T>> columns_of(View<const T> X, Index n, Index m, Index most, int threads = 1) {
    Team team;
    auto columns = std::make_unique<SparseColumns<T>>();
    return columns->assign(X, n, m, most, team, threads) ? std::move(columns) : nullptr;
}

TEST(sparse_columns_are_all_that_is_not_zero) {
    std::vector<double> X = {0, 1, -0.0, 2, 0, 0, std::numeric_limits<double>::quiet_NaN(), 0, 3};
    const auto columns = columns_of<double>({X.data(), 1, 3}, 3, 3, 4);
    CHECK(columns && columns->count() == 4 && columns->longest() == 2);
    CHECK(!columns_of<double>({X.data(), 1, 3}, 3, 3, 3));
    const Lists<double> lists = columns->lists();
    CHECK(lists.starts[0] == 0 && lists.starts[1] == 1 && lists.starts[2] == 2 && lists.starts[3] == 4);
    CHECK(lists.values[0] == 1 && lists.values[1] == 2 && std::isnan(lists.values[2]) && lists.values[3] == 3);
    CHECK(lists.rows[0] == 1 && lists.rows[1] == 0 && lists.rows[2] == 0 && lists.rows[3] == 2);
    std::vector<float> wide(std::size_t(most_rows) + 1);
    CHECK(!columns_of<float>({wide.data(), 1, most_rows + 1}, most_rows + 1, 1, 10));
    CHECK(columns_of<float>({wide.data(), 1, most_rows}, most_rows, 1, 10) != nullptr);
    const auto none = columns_of<double>({X.data(), 0, 0}, 3, 3, 1);
    CHECK(none && none->count() == 0);
}

// Of columns long enough for vectors and for several threads, in both types and any order in memory.
template <class T>
void found_by_scanning(int threads) {
    const Index n = 1003, m = 1100;
    const auto problem = mostly_zeros<T>({n, 30, 1}, m);
    std::vector<T> turned(problem.X.size());
    for (Index j = 0; j < m; ++j)
        for (Index i = 0; i < n; ++i) turned[std::size_t(i * m + j)] = problem.X[std::size_t(j * n + i)];
    for (View<const T> X : {View<const T>{problem.X.data(), 1, n}, View<const T>{turned.data(), m, 1}}) {
        const auto columns = columns_of<T>(X, n, m, n * m, threads);
        const Lists<T> lists = columns->lists();
        Index p = 0, wrong = 0;
        for (Index j = 0; j < m; ++j)
            for (Index i = 0; i < n; ++i) {
                const T x = problem.X[std::size_t(j * n + i)];
                if (x != 0) wrong += lists.values[p] != x || lists.rows[p] != i || lists.starts[j] > p, ++p;
            }
        CHECK(wrong == 0 && p == columns->count());
        CHECK(!columns_of<T>(X, n, m, p - 1, threads) && columns_of<T>(X, n, m, p, threads) != nullptr);
    }
}

THREADED_TEST(threads_find_what_is_not_zero) {
    for (int threads : {1, 3}) found_by_scanning<float>(threads), found_by_scanning<double>(threads);
}

TEST(a_batch_is_transposed_share_by_share) {
    const Index n = 23, m = 90;
    const auto problem = mostly_zeros<double>({n, 30, 1}, m);
    const auto columns = columns_of<double>({problem.X.data(), 1, n}, n, m, n * m);
    TransposedBatch<double> transposed;
    transposed.reserve(columns->count(), n, 2);
    for (const std::int64_t* which : {problem.order.data(), static_cast<const std::int64_t*>(nullptr)})
        for (const Share share : {Share{0, n}, {0, 8}, {8, 8}, {8, 16}, {16, n}}) {
            const Index first = 10, k = 70;
            const auto lists = transposed.transpose(columns->lists(), n, which, first, k, share, 1);
            for (Index i = share.from; i < share.to; ++i) {
                Index p = lists.starts[i - share.from];
                for (Index j = 0; j < k; ++j) {
                    const double x = problem.X[std::size_t((which ? which[j] : first + j) * n + i)];
                    if (x == 0) continue;
                    CHECK(p < lists.starts[i - share.from + 1] && lists.values[p] == x && lists.rows[p] == j);
                    ++p;
                }
                CHECK(p == lists.starts[i - share.from + 1]);
            }
        }
}

}  // namespace
}  // namespace pellucid::tests
