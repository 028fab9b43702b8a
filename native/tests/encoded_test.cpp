// A table that stays encoded: a trainer on it takes the steps of one on its dense inputs.
#include "check.hpp"
#include "encoded_inputs.hpp"
#include "problem.hpp"

namespace pellucid::tests {
namespace {

// Columns of numbers with so many pieces, and of so many levels, and a problem on their dense inputs.
template <class T>
struct Encoded {
    std::vector<T> values, fractions;
    std::vector<std::int32_t> codes;
    EncodedLayout layout;
    Problem<T> dense;

    Encoded(const std::vector<Index>& pieces, const std::vector<Index>& levels, std::vector<Index> hidden, Index m,
            Activation g = Activation::tanh)
        : dense(dims(pieces, levels, hidden), m, g) {
        std::vector<Index> value_columns, first_columns, sizes, level_columns;
        Index column = 0, n_pieced = 0;
        for (Index count : pieces) {
            value_columns.push_back(column);
            if (count) first_columns.push_back(column + 1), sizes.push_back(count), ++n_pieced;
            column += 1 + count;
        }
        for (Index count : levels) level_columns.push_back(column), column += count;
        first_columns.insert(first_columns.end(), level_columns.begin(), level_columns.end());
        sizes.insert(sizes.end(), levels.begin(), levels.end());
        layout = EncodedLayout::of(value_columns, first_columns, sizes, n_pieced, column);
        std::mt19937 bits(5);
        std::fill(dense.X.begin(), dense.X.end(), T(0));
        for (Index j = 0; j < m; ++j) {
            T* const x = dense.X.data() + j * column;
            for (Index at : value_columns) values.push_back(x[at] = T(int(bits() % 2001) - 1000) / T(500));
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                const bool is_piece = Index(i) < n_pieced;
                const Index code = is_piece ? Index(bits() % sizes[i]) : Index(bits() % (sizes[i] + 1)) - 1;
                codes.push_back(std::int32_t(code));
                T* const own = x + first_columns[i];
                if (is_piece) {
                    std::fill_n(own, code, T(1));
                    fractions.push_back(own[code] = T(bits() % 101) / T(100));
                } else if (code >= 0) {
                    own[code] = T(1);
                }
            }
        }
    }

    static std::vector<Index> dims(const std::vector<Index>& pieces, const std::vector<Index>& levels,
                                   std::vector<Index> hidden) {
        Index n_x = 0;
        for (Index count : pieces) n_x += 1 + count;
        for (Index count : levels) n_x += count;
        hidden.insert(hidden.begin(), n_x);
        return hidden;
    }

    EncodedTable<T> table() const { return {values.data(), fractions.data(), codes.data(), &layout}; }
};

template <class T>
void alike(Encoded<T> problem, const std::vector<Step>& steps, bool weighted, double tolerance) {
    for (int threads : {1, 3}) {
        problem.dense.options.threads = threads;
        const EncodedTable<T> table = problem.table();
        Labelled<T> given = problem.dense.examples(weighted);
        given.table = &table;
        auto one = problem.dense.trainer(given), other = problem.dense.trainer(weighted);
        std::vector<double> costs(steps.size()), right(steps.size());
        CHECK(one->advance(steps, costs.data(), nullptr, never).ending == Ending::done);
        CHECK(other->advance(steps, right.data(), nullptr, never).ending == Ending::done);
        CHECK(furthest(costs, right) < tolerance);
        CHECK(furthest(problem.dense.found(one), problem.dense.found(other)) < tolerance);
        CHECK_NEAR(one->cost(never), other->cost(never), tolerance);
        std::vector<T> AL(problem.dense.Y.size()), outputs(AL);
        const double cost = one->evaluate(given, false, AL.data(), never);
        CHECK_NEAR(cost, other->evaluate(problem.dense.examples(weighted), false, outputs.data(), never), tolerance);
        CHECK(furthest(AL, outputs) < tolerance);
        one->go_back(), other->go_back();
        CHECK(furthest(problem.dense.found(one), problem.dense.found(other)) < tolerance);
    }
}

THREADED_TEST(an_encoded_table_takes_the_steps_of_its_dense_inputs) {
    for (Rule rule : {Rule::gradient_descent, Rule::momentum, Rule::adam}) {
        Encoded<double> problem({0, 9, 64, 1}, {3, 1, 40}, {20, 7, 1}, 300);
        problem.dense.options.rule = rule, problem.dense.options.epsilon = 1e-3;
        problem.dense.network.l2 = 0.1;
        problem.dense.network.dropout = {0, 0.3, 0};
        alike(problem, problem.dense.full(4), true, 1e-9);
        alike(problem, problem.dense.batches(64, 2), false, 1e-9);
    }
    for (Index units : {1, 8, 33, 100, 130, 300}) {
        Encoded<float> problem({5, 0, 12}, {7}, {units, 1}, 200, Activation::relu);
        alike(problem, problem.dense.batches(50, 2), true, 2e-4);
    }
}

THREADED_TEST(encoded_tables_of_one_kind_of_column) {
    const Encoded<double> levels({}, {500}, {12, 1}, 150), numbers({0, 0}, {}, {9, 1}, 150), pieces({30}, {}, {1}, 150);
    alike(levels, levels.dense.batches(40, 2), true, 1e-9);
    alike(numbers, numbers.dense.batches(40, 2), true, 1e-9);
    alike(pieces, pieces.dense.batches(40, 2), false, 1e-9);
}

THREADED_TEST(an_encoded_table_in_chunks) {
    const Encoded<double> problem({20, 3, 0}, {6}, {130, 9, 1}, 5000);
    alike(problem, problem.dense.full(2), true, 1e-9);
    alike(problem, problem.dense.batches(4000, 1), false, 1e-9);
}

TEST(layouts_that_leave_inputs_out_are_refused) {
    const auto refused = [](std::vector<Index> values, std::vector<Index> firsts, std::vector<Index> sizes, Index pieced,
                            Index n_x) {
        try {
            EncodedLayout::of(values, firsts, sizes, pieced, n_x);
        } catch (const std::invalid_argument&) {
            return true;
        }
        return false;
    };
    CHECK(!refused({0}, {1, 4}, {3, 2}, 1, 6));
    CHECK(refused({0}, {1, 4}, {3, 2}, 1, 7));
    CHECK(refused({0}, {2, 4}, {3, 2}, 1, 7));
    CHECK(refused({0, 0}, {}, {}, 0, 2));
    CHECK(refused({}, {0, 2}, {3, 2}, 0, 4));
}

}  // namespace
}  // namespace pellucid::tests
